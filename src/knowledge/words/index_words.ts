/**
 * Words as the search by words keeps them: without case, accents and ligatures. Nothing here depends on a
 * language, so that an index stays right whatever is learned about languages later; `question.ts` knows
 * those.
 */

/** Version of what {@link indexWords} makes. An index of another one is made again. */
export const INDEX_VERSION = 2;

/**
 * Stands in the index for an amount of money, whatever its number. No text has reason to write such a word.
 */
export const PRICE_MARK = "0price";
/** Stands in the index for a time of day. */
export const TIME_MARK = "0time";

/** Longest word that is kept, in characters. */
const MAX_WORD_CHARS = 40;

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}ー々]+/gu;
const HAS_UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
const HAS_DIGIT_OR_NOON = /\d|noon|midnight|mediodia|midi|clock|[時点點]/;
const THOUSANDS = /(?<![\d.,])\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*(?![\d]|[.,]\d{3})/g;
/** Two numbers as one: `49,90`, `9:30`, `9h30`. */
const PAIR = /(?<!\d)(\d{1,7})[.,:h](\d{1,2})(?!\d)/g;
const PRICE =
  /[$€£¥]\s?\d|\d[\d.,x -]{0,9}\s?(?:[$€£¥円元块]|(?:euros?|eur|dollars?|usd|cents?|pounds?|gbp|pesos?|francs?|franken|chf|reais)\b)/u;
const TIME =
  /\d{1,2}x[0-5]\d|\d{1,2}\s?(?:uhr\b|[ap]\.?\s?m\b|h\b|heures?\b|horas?\b|時|点|點)|(?:\b(?:o'clock|uhr|noon|midnight|mediodia|midi)\b|[一二三四五六七八九十两]\s?[時点點])/u;

const ASCII = /^\p{ASCII}*$/u;

/** Letters that are written with two. */
const LIGATURES: Readonly<Record<string, string>> = {
  "ß": "ss",
  "æ": "ae",
  "œ": "oe",
  "ø": "o",
  "ł": "l",
  "đ": "d",
  "ı": "i",
};

/** Without case, accents, ligatures, and full-width forms. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFKC").toLowerCase().normalize("NFD").replace(/[\u0300-\u036f\u00ad]/g, "")
    .normalize("NFC").replace(/[ßæœøłđı]/g, (letter) => LIGATURES[letter]);
}

/**
 * The words of a text in their order, each as often as it stands there. `wi-fi` is `wi`, `fi` and `wifi`;
 * `49,90` is `49`, `90` and `49x90`, and `9:00` is `9`; of scripts without spaces each two neighbouring
 * letters are a word.
 */
export function indexWords(text: string): string[] {
  const folded = foldText(text).replace(THOUSANDS, (number) => number.replace(/\D/g, ""))
    .replace(PAIR, (_, whole: string, rest: string) => joinNumbers(whole, rest));
  const hasUnspaced = HAS_UNSPACED.test(folded);
  const words: string[] = [];
  let chain = "";
  let parts = 0;
  let end = -1;
  for (const run of folded.match(WORD) ?? []) {
    const start = folded.indexOf(run, end < 0 ? 0 : end);
    const link = start === end + 1 ? folded[end] : "";
    // Dots only link single letters, as in `p.m.`.
    const isLinked = link === "-" || link === "‐" || link === "‑" ||
      (link === "." && run.length === 1 && chain.length === parts);
    if (!isLinked) {
      if (parts > 1 && chain.length <= MAX_WORD_CHARS) words.push(chain);
      chain = "";
      parts = 0;
    }
    chain += run;
    parts++;
    end = start + run.length;
    if (hasUnspaced) pushRun(words, run);
    else pushWord(words, run);
  }
  if (parts > 1 && chain.length <= MAX_WORD_CHARS) words.push(chain);
  if (HAS_DIGIT_OR_NOON.test(folded)) {
    if (PRICE.test(folded)) words.push(PRICE_MARK);
    if (TIME.test(folded)) words.push(TIME_MARK);
  }
  return words;
}

/** `49x90`, and `9` for 9:00. */
export function joinNumbers(whole: string, rest: string): string {
  const number = String(Number(whole));
  return /^0+$/.test(rest) ? number : `${number}x${rest.padEnd(2, "0")}`;
}

function pushRun(words: string[], run: string): void {
  let last = 0;
  for (const { 0: unspaced, index } of run.matchAll(UNSPACED)) {
    pushWord(words, run.slice(last, index));
    if (unspaced.length === 1) words.push(unspaced);
    for (let at = 0; at + 1 < unspaced.length; at++) words.push(unspaced.slice(at, at + 2));
    last = index + unspaced.length;
  }
  pushWord(words, run.slice(last));
}

function pushWord(words: string[], word: string): void {
  if (word === "") return;
  const kept = word.slice(0, MAX_WORD_CHARS);
  if (kept > ":" || kept < "0") {
    words.push(kept);
    return;
  }
  const rest = kept.replace(/^\d+/, "");
  const digits = kept.slice(0, kept.length - rest.length);
  words.push(String(digits.length < 8 ? Number(digits) : digits));
  if (rest === "") return;
  words.push(kept);
  const second = /^x(\d+)$/.exec(rest)?.[1];
  words.push(second === undefined ? rest : String(Number(second)));
}
