import { cutText } from "../../util/cut_text.ts";

/*
 * What a transcription has in words. Models that transcribe noise describe it, or make something up.
 */

/**
 * What is said for longer is looked at no further: nobody takes leave, or asks for a moment, in so many
 * words.
 */
const MAX_CHARS = 4_000;

/**
 * What may stand for a sound in a transcription, such as "[cough]", "(laughs)", "*sighs*" and "♪ … ♪".
 * Brackets within brackets are left out: without that, what a model makes of noise, "((((…", would take
 * seconds.
 */
const ANNOTATION = /\[[^[\]]*\]|\*[^*]*\*|♪[^♪]*♪?|\([^()]*\)/gu;
/** What makes a sound of words in round brackets. */
const NOISE = new RegExp(
  "cough|laugh|sigh|music|noise|silence|breath|sneez|throat|static|beep|click|hust|räusper|musik|lach|niest|" +
    "rausch|ruido|música|risa|toux|tousse|bruit|musique|rire|soupir|rumore|tosse|musica|ruído",
  "iu",
);
/**
 * What models make of noise in any language, having learnt from films: nobody says it on the telephone.
 * Source: https://arxiv.org/abs/2501.11378
 */
const MADE_UP = new RegExp(
  [
    "thanks? (?:you )?(?:so much )?for watching|(?:like and|forget to) subscribe|subscribe to (?:my|our|the) channel|subtitles by",
    "amara\\.org|untertitel(?:ung)? (?:im auftrag|von|der|des|durch)|fürs zuschauen|por ver el v[ií]deo",
    "sous-titr(?:age|es r)|regardé cette vidéo|sottotitoli (?:e|a cura|creati)|legendas pel",
    "ご視聴|チャンネル登録|次の動画で|시청해 ?주셔서|구독과 좋아요|mbc 뉴스|谢谢观看|謝謝觀看|点赞.{0,3}订阅|字幕由",
    "продолжение следует|субтитры (?:созда|сдела|дела|подо)|редактор субтитров|спасибо за просмотр",
    "zlediğiniz için|abone olmayı unutmayın|altyazı m\\.?k|napisy stworzone|ondertiteld door|tekstet av",
  ].join("|"),
  "iu",
);

/** False for a text that only describes a sound, or that nobody has said. */
export function hasWords(text: string): boolean {
  return wordsOf(text).length > 0;
}

/**
 * The words of a transcription, in small letters; none where it only describes a sound, or was made up for
 * one.
 */
export function wordsOf(whole: string): string[] {
  const text = cutText(whole, MAX_CHARS);
  if (MADE_UP.test(text)) return [];
  return text.replace(ANNOTATION, withoutSound).toLowerCase().normalize("NFC").replaceAll("’", "'").replace(
    /[^\p{L}\p{N}' ]+/gu,
    " ",
  )
    .trim().split(/\s+/).filter((word) => word !== "");
}

function withoutSound(part: string): string {
  return part.startsWith("(") && !NOISE.test(part) ? part : " ";
}
