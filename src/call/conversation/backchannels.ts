import { cutText } from "../../util/cut_text.ts";

/*
 * What people say to show that they listen. Said into an answer it asks for no turn. Words that are an answer
 * by themselves, such as "yes" and "no", are left out where a language has others for it.
 */
const BY_LANGUAGE: Readonly<Record<string, readonly string[]>> = {
  en: ["okay", "ok", "right", "yeah", "yep", "sure", "i see", "got it", "alright", "all right", "go on"],
  de: ["okay", "ok", "ja", "jaja", "genau", "gut", "stimmt", "verstehe", "ach so", "achso", "alles klar"],
  es: ["vale", "ok", "okay", "sí", "ya", "claro", "entiendo", "de acuerdo", "ajá"],
  fr: ["ok", "okay", "oui", "ouais", "d'accord", "daccord", "je vois", "bien", "très bien"],
  it: ["ok", "okay", "sì", "certo", "va bene", "capisco", "d'accordo", "ho capito", "già"],
  pt: ["ok", "okay", "sim", "certo", "tá", "tá bom", "entendo", "claro", "pois", "pois é"],
};

/** Sounds of every language: mhm, uh-huh, hmm, äh, aha, oh. */
const SOUND =
  /^(?:m+h*m*|m+ ?h+m+|h+m+|u+h+ ?h+u+h+|u+h*m*|e+h+m*|[äa]+h+m*|ö+h+m*|e+r+m*|a+h+a+|a+j+[aá]+|o+h+|h+u+h+|h+[aä]+)$/u;
/** What people say back to a goodbye. It asks for nothing, and least of all that the call go on. */
const FAREWELLS: Readonly<Record<string, string>> = {
  en: "bye, bye bye, goodbye, good bye, bye now, thanks, thank you, a lot, very much, so much, " +
    "you too, same to you, likewise, take care, see you, good night, cheers, have a nice day, " +
    "have a good day, have a good one, that's all",
  de: "tschüss, tschüß, tschau, ciao, danke, dankeschön, danke schön, vielen dank, bis dann, bis " +
    "bald, ihnen auch, gleichfalls, ebenso, auf wiederhören, auf wiedersehen, wiederhören, " +
    "schönen tag, schönen tag noch, schönen abend, einen schönen tag, das war's",
  es: "adiós, gracias, muchas gracias, igualmente, hasta luego, hasta pronto, chao, chau, buen " +
    "día, buenas noches, que tenga buen día, eso es todo",
  fr: "au revoir, merci, merci beaucoup, merci bien, de même, vous aussi, à vous aussi, à " +
    "bientôt, bonne journée, bonne soirée, c'est tout",
  it: "arrivederci, grazie, grazie mille, ciao, altrettanto, anche a lei, buona giornata, buona " +
    "serata, a presto, è tutto",
  pt: "tchau, adeus, obrigado, obrigada, muito obrigado, muito obrigada, igualmente, até logo, " +
    "até breve, bom dia, boa tarde, boa noite, é só isso",
};
/** What only somebody says who takes leave: nobody says it in the middle of a talk. */
const GOODBYES: Readonly<Record<string, string>> = {
  en: "bye, goodbye, good bye, good night, take care, see you, have a nice, have a good, have a great",
  de: "tschüss, tschüß, ciao, wiederhören, wiedersehen, schönen tag, schönen abend, bis dann, bis bald",
  es: "adiós, hasta luego, hasta pronto, buenas noches, buen día, chao",
  fr: "au revoir, bonne journée, bonne soirée, bonne nuit, à bientôt",
  it: "arrivederci, buona giornata, buona serata, a presto, ciao",
  pt: "tchau, adeus, até logo, até breve, bom dia, boa tarde, boa noite",
};
/** What people say who pick up, or hear a voice. Into a greeting it only asks for that to go on. */
const SALUTATIONS: Readonly<Record<string, string>> = {
  en: "hello, hi, hey, there, good morning, good afternoon, good evening, yes, anybody there, who is this",
  de: "hallo, ja, bitte, guten tag, guten morgen, guten abend, grüß gott, moin, servus, wer ist da",
  es: "hola, diga, dígame, bueno, aló, sí, buenos días, buenas tardes, buenas, quién es",
  fr: "allô, allo, oui, bonjour, bonsoir, qui est là, j'écoute",
  it: "pronto, sì, ciao, buongiorno, buon giorno, buonasera, chi parla",
  pt: "alô, estou, está lá, olá, oi, sim, bom dia, boa tarde, boa noite, quem fala",
};
/** More words than this are said for more than to show that one listens, or to say goodbye. */
const MAX_WORDS = 4;
const MAX_FAREWELL_WORDS = 8;
/** The longest phrase of the lists, in words. */
const MAX_PHRASE_WORDS = 4;

/** What somebody says who will be away from the telephone, or busy, for a moment. */
const MOMENTS: Readonly<Record<string, string>> = {
  en: "one moment, just a moment, a moment please, one second, just a second, one sec, just a sec, a sec, " +
    "one minute, just a minute, a minute please, hold on, hang on, bear with me, hold the line, let me check, " +
    "let me look, let me get, let me find, let me grab, let me ask, give me a minute, give me a moment, " +
    "give me a second, wait a moment, wait a minute, wait a second, i'll be right back, be right back",
  de:
    "einen moment, moment mal, moment bitte, kleinen moment, einen augenblick, augenblick bitte, augenblick mal, " +
    "sekunde bitte, eine sekunde, kleine sekunde, eine minute, warten sie, warte mal, bleiben sie dran, " +
    "ich schaue mal, ich schau mal, ich schaue nach, ich schau nach, ich sehe nach, ich hole, ich muss kurz",
  es:
    "un momento, un momentito, un segundo, un segundito, un minuto, espere, espera, no cuelgue, déjeme, deje que",
  fr:
    "un instant, un petit instant, une seconde, une minute, un moment, attendez, ne quittez pas, patientez, je vais chercher, laissez-moi",
  it: "un attimo, un momento, un secondo, un minuto, aspetti, aspetta, attenda, resti in linea, mi faccia",
  pt:
    "um momento, um momentinho, um segundo, um minuto, um minutinho, um instante, só um, espere, espera, aguarde, deixe-me",
};
const TAKES_LEAVE = phrases(listed(GOODBYES));
const OPENINGS = phrases(listed(SALUTATIONS));
const PAUSES = phrases(listed(MOMENTS));

type Phrases = ReadonlyMap<string, ReadonlySet<string>>;

const BACKCHANNELS = phrases(BY_LANGUAGE);
const LAST_WORDS = phrases(
  Object.fromEntries(
    Object.entries(FAREWELLS).map(([language, list]) => [
      language,
      [...list.split(", "), ...BY_LANGUAGE[language]],
    ]),
  ),
);

/**
 * True for words that only show that somebody listens, such as "mhm, okay", and for a text without any words.
 *
 * @param language of the business, ISO 639-1; undefined, or one that is not known here: of any language
 */
export function isBackchannel(text: string, language: string | undefined): boolean {
  return consistsOf(BACKCHANNELS, text, language, MAX_WORDS);
}

/** True for words that only answer a goodbye, such as "okay, thank you, bye", and for a text without any words. */
export function isFarewell(text: string, language: string | undefined): boolean {
  return consistsOf(LAST_WORDS, text, language, MAX_FAREWELL_WORDS);
}

/** True for words that only open a talk, such as "yes, hello?", and for a text without any words. */
export function isSalutation(text: string, language: string | undefined): boolean {
  return consistsOf(OPENINGS, text, language, MAX_WORDS);
}

/** True for words that take leave, wherever in the text. @param language as of {@link isBackchannel} */
export function saysGoodbye(text: string, language: string | undefined): boolean {
  return contains(TAKES_LEAVE, text, language);
}

/** True for words that ask for a moment, wherever in the text. @param language as of {@link isBackchannel} */
export function asksForMoment(text: string, language: string | undefined): boolean {
  return contains(PAUSES, text, language);
}

function listed(lists: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(lists).map(([language, list]) => [language, list.split(", ")]));
}

/** By language; under an empty name those of every language. */
function phrases(lists: Readonly<Record<string, readonly string[]>>): Phrases {
  const sets = Object.entries(lists).map(([language, words]) => [language, new Set(words)] as const);
  return new Map([...sets, ["", new Set(Object.values(lists).flat())]]);
}

/** Fewer words than this may be the caller's own, though the agent has said them, too. */
const MIN_ECHO_WORDS = 4;

/** True for words of the agent's own that came back by the caller's loudspeaker. @param said what it has said */
export function isEcho(text: string, said: string): boolean {
  const words = wordsOf(text);
  return words.length >= MIN_ECHO_WORDS && ` ${wordsOf(said).join(" ")} `.includes(` ${words.join(" ")} `);
}

function contains(phrases: Phrases, text: string, language: string | undefined): boolean {
  const words = ` ${wordsOf(text).join(" ")} `;
  return [...phrasesOf(phrases, language)].some((phrase) => words.includes(` ${phrase} `));
}

function consistsOf(phrases: Phrases, text: string, language: string | undefined, maxWords: number): boolean {
  const words = wordsOf(text);
  if (words.length > maxWords) return false;
  const known = phrasesOf(phrases, language);
  for (let at = 0; at < words.length;) {
    let length = MAX_PHRASE_WORDS;
    const phrase = () => words.slice(at, at + length).join(" ");
    while (length > 0 && !known.has(phrase()) && !SOUND.test(phrase())) length--;
    if (length === 0) return false;
    at += length;
  }
  return true;
}

/** What is said for longer is looked at no further: nobody takes leave, or asks for a moment, in so many words. */
const MAX_CHARS = 4_000;

/**
 * What may stand for a sound in a transcription, such as "[cough]", "(laughs)", "*sighs*" and "♪ … ♪". Brackets
 * within brackets are left out: without that, what a model makes of noise, "((((…", would take seconds.
 */
const ANNOTATION = /\[[^[\]]*\]|\*[^*]*\*|♪[^♪]*♪?|\([^()]*\)/gu;
/** What makes a sound of words in round brackets. */
const NOISE = new RegExp(
  "cough|laugh|sigh|music|noise|silence|breath|sneez|throat|static|beep|click|hust|räusper|musik|lach|niest|" +
    "rausch|ruido|música|risa|toux|tousse|bruit|musique|rire|soupir|rumore|tosse|musica|ruído",
  "iu",
);
/**
 * What models make of noise, having learnt from films: nobody says it on the telephone. Source:
 * https://arxiv.org/abs/2501.11378
 */
const MADE_UP =
  /thanks? (?:you )?(?:so much )?for watching|subscribe to|subtitles by|amara\.org|untertitel|fürs zuschauen|por ver el v[ií]deo|sous-titr|regardé cette vidéo|sottotitoli|legendas pel/iu;

/** False for a text that only describes a sound, or that nobody has said. */
export function hasWords(text: string): boolean {
  return wordsOf(text).length > 0;
}

function wordsOf(whole: string): string[] {
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

function phrasesOf(phrases: Phrases, language: string | undefined): ReadonlySet<string> {
  return phrases.get((language ?? "").slice(0, 2)) ?? phrases.get("")!;
}
