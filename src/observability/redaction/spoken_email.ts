import type { Language } from "./spoken_languages.ts";
import type { NumberGroup, TextToken } from "./number_groups.ts";

/** Where an address is in a text. */
export interface EmailPlace {
  readonly start: number;
  readonly end: number;
}

const WRITTEN =
  /[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\s?@\s?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu;

/** "At" in the six languages. Only the first two mean anything else. */
const AT = new Set(
  "at bei ät arroba arrobas arobase arrobase chiocciola chiocciolina klammeraffe affenschwanz".split(" "),
);
const PLAIN_AT = new Set(["at", "bei"]);
const DOT = new Set("dot punkt punto ponto point period".split(" "));
/** Between the parts of a name, besides dots: one word, two, or three. */
const SEPARATORS = new Set(
  "underscore dash hyphen minus plus unterstrich bindestrich strich guion guión tiret trattino traço hífen underline sublinhado slash"
    .split(" "),
);
const SECOND_WORDS = new Set("bajo bas basso baixo medio alto d'union d’union".split(" "));
const FIRST_WORDS = new Set("guion guión tiret trattino traço trait under".split(" "));

/** Where mail boxes are: who names one says an address. */
const PROVIDERS =
  /^(?:gmail|googlemail|google|hotmail|outlook|live|yahoo|icloud|me|mac|aol|gmx|web|t-online|freenet|proton|protonmail|orange|free|laposte|sfr|wanadoo|libero|tiscali|virgilio|alice|sapo|uol|bol|terra|telefonica|comcast|verizon|msn)$/i;

/** Words before "at" that are no name: we meet at, look at, it is at. */
const NO_NAME = new Set(
  ("is are was be look looked looking found saw see me us you him her them it booked booking meet met here there available open arrive arrived " +
    "stay stayed staying live work works call order ordered bought get back start starts page menu site website reviews price prices rates pay paid sold " +
    "out up on off in over not all good best room rooms table hotel").split(" "),
);

/** What is known of the talk around a text. */
export interface EmailContext {
  readonly language: Language;
  /** Whether an address is to be expected at a place: it was asked for, or announced. */
  readonly isExpectedAt: (start: number) => boolean;
  /** Takes all that can be an address for one. */
  readonly isStrict: boolean;
}

/** E-mail addresses in a text, written, spoken or spelled. */
export function emailPlaces(
  text: string,
  tokens: readonly TextToken[],
  groups: readonly NumberGroup[],
  context: EmailContext,
): EmailPlace[] {
  const places: EmailPlace[] = [];
  if (text.includes("@")) {
    for (const { 0: found, index } of text.matchAll(WRITTEN)) {
      places.push({ start: index, end: index + found.length });
    }
  }
  if (!tokens.some(({ kind, text }) => kind === "word" && AT.has(text.toLowerCase()))) return places;
  const words = wordsOf(tokens, groups);
  for (let at = 1; at < words.length - 2; at++) {
    const place = AT.has(words[at].word) ? placeAround(words, at, context) : undefined;
    if (place) places.push(place);
  }
  return places;
}

/**
 * A word, a number, or a punctuation mark that belongs to an address, and whether white space is before it.
 */
interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly kind: "word" | "number" | "mark" | "stop";
  readonly isAfterSpace: boolean;
}

function wordsOf(tokens: readonly TextToken[], groups: readonly NumberGroup[]): Word[] {
  const words: Word[] = [];
  let group = 0;
  let isAfterSpace = true;
  for (const token of tokens) {
    if (token.kind === "space") {
      isAfterSpace = true;
      continue;
    }
    while (groups[group]?.end <= token.start) group++;
    const isNumber = token.kind === "digits" || groups[group]?.start <= token.start;
    const isMark = token.kind === "other" && ".-_+".includes(token.text);
    words.push({
      word: token.text.toLowerCase(),
      start: token.start,
      end: token.end,
      kind: isMark ? "mark" : token.kind === "other" ? "stop" : isNumber ? "number" : "word",
      isAfterSpace,
    });
    isAfterSpace = false;
  }
  return words;
}

function placeAround(words: readonly Word[], at: number, context: EmailContext): EmailPlace | undefined {
  const domain = domainEnd(words, at + 1);
  if (domain === undefined) return undefined;
  const local = localStart(words, at - 1);
  if (local === undefined) return undefined;
  const place = { start: words[local.first].start, end: words[domain].end };
  if (
    context.isStrict || !PLAIN_AT.has(words[at].word) || local.isMarked || context.isExpectedAt(place.start)
  ) return place;
  if (NO_NAME.has(words[at - 1].word)) return undefined;
  // A dot of another language tells what the rest of a short turn does not.
  const isForeign = context.language !== "en" || /^p[ou]n/.test(words[domain - 1].word);
  if (isForeign || PROVIDERS.test(words[at + 1].word)) return place;
  const before = words[local.first - 1]?.word ?? "";
  return /^(?:is|it['’]s|that['’]s|that['’]d|to)$/.test(before) ? place : undefined;
}

/** The last word of the domain that begins at `first`. */
function domainEnd(words: readonly Word[], first: number): number | undefined {
  let at = first;
  let end: number | undefined;
  let hasDot = false;
  for (let parts = 0; parts < 10; parts++) {
    if (!isPart(words[at])) return end;
    // The last part of a domain is one word of letters.
    if (hasDot && words[at].kind === "word" && words[at].word.length >= 2) end = at;
    const next = words[at + 1];
    if (!next) return end;
    hasDot ||= isDot(words, at + 1);
    if (FIRST_WORDS.has(next.word) && SECOND_WORDS.has(words[at + 2]?.word ?? "")) at += 3;
    else if (isDot(words, at + 1) || isJoin(words, at + 1)) at += 2;
    else if (parts === 0 && isPart(next)) at += 1; // "mein laden punkt de"
    else return end;
  }
  return end;
}

function isPart(word: Word | undefined): boolean {
  return word !== undefined && (word.kind === "word" || word.kind === "number") && !DOT.has(word.word);
}

/** A dot that is spoken, or written with no space behind it. */
function isDot(words: readonly Word[], at: number): boolean {
  return DOT.has(words[at].word) ||
    (words[at].word === "." && !words[at].isAfterSpace && words[at + 1] !== undefined &&
      !words[at + 1].isAfterSpace);
}

function isJoin(words: readonly Word[], at: number): boolean {
  if (SEPARATORS.has(words[at].word)) return true;
  return words[at].kind === "mark" && words[at].word !== "." && !words[at].isAfterSpace &&
    !words[at + 1]?.isAfterSpace;
}

/** Longest name before the "at", in words. */
const MAX_LOCAL_WORDS = 40;

/**
 * Where the name before the "at" begins. `isMarked`: it has a dot, a stroke or digits, so that it is no
 * common word.
 */
function localStart(words: readonly Word[], last: number): { first: number; isMarked: boolean } | undefined {
  let at = last;
  let first: number | undefined;
  let isMarked = false;
  for (let taken = 0; taken < MAX_LOCAL_WORDS; taken++) {
    let letters = 0;
    while (at >= 0 && (words[at].kind === "number" || isLetter(words[at]))) {
      if (isLetter(words[at])) letters++;
      if (words[at].kind === "number") isMarked = true;
      first = at--;
      if (last - at > MAX_LOCAL_WORDS) return undefined;
      while (letters > 0 && words[at]?.word === "-" && isLetter(words[at - 1] ?? words[at])) at--; // J-O-H-N
    }
    if (letters > 1) isMarked = true;
    const touches = first !== undefined && at === first - 1 && !words[first].isAfterSpace;
    if (at >= 0 && words[at].kind === "word" && (letters === 0 || touches) && !isSeparator(words, at)) {
      first = at--;
      if (isInitial(words, at)) first = at--;
    }
    if (at < 1 || first === undefined || first !== at + 1) break;
    const width = separatorWidth(words, at);
    if (width === 0 || at - width < 0) break;
    isMarked = true;
    at -= width;
  }
  return first === undefined ? undefined : { first, isMarked };
}

/** The letter of `j smith`, or of `dot o connor`: a vowel, which may be a word, only behind a dot. */
function isInitial(words: readonly Word[], at: number): boolean {
  if (at < 0 || !(isLetter(words[at]) || words[at].word === "o")) return false; // which is a number elsewhere
  return !"aeiouy".includes(words[at].word) || (at > 0 && isSeparator(words, at - 1));
}

function isLetter({ kind, word }: Word): boolean {
  return kind === "word" && word.length === 1 && !"èéàóú".includes(word); // "è a punto rossi …": is
}

function isSeparator(words: readonly Word[], at: number): boolean {
  return separatorWidth(words, at) > 0;
}

/** How many words the separator that ends at `at` takes; 0 for none. */
function separatorWidth(words: readonly Word[], at: number): number {
  const { word, kind, isAfterSpace } = words[at];
  if (DOT.has(word) || SEPARATORS.has(word)) return 1;
  if (SECOND_WORDS.has(word)) {
    if (FIRST_WORDS.has(words[at - 1]?.word)) return 2;
    if (words[at - 1]?.word === "du" && FIRST_WORDS.has(words[at - 2]?.word)) return 3; // tiret du bas
  }
  return kind === "mark" && !isAfterSpace && words[at + 1] !== undefined && !words[at + 1].isAfterSpace
    ? 1
    : 0;
}
