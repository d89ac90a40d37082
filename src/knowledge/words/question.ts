import { distance } from "fastest-levenshtein";
import { indexWords, joinNumbers, PRICE_MARK, TIME_MARK } from "./index_words.ts";
import { languagesOf, type SearchLanguage } from "./search_languages.ts";
import { numberNames, spokenNumber } from "./spoken_numbers.ts";
import type { KnownWord, Vocabulary } from "./vocabulary.ts";

/** Words of a question that are looked for; the rest is ignored. */
const MAX_QUESTION_WORDS = 32;
/** Words of the documents that one word of a question stands for, at most. */
const MAX_FORMS = 24;
/** Words of the documents that are looked at for each of those ways. */
const MAX_LOOKED_AT = 200;
/** The shortest word, or part of one, that is looked for in others. */
const MIN_PART_CHARS = 4;
/** From this length on, a word may be two in one. */
const MIN_COMPOUND_CHARS = 8;
/** The shortest unknown word that counts as a subject that the documents do not cover. */
const MIN_UNKNOWN_CHARS = 4;
/** What an unknown word weighs of what one would that no chunk has: callers say much that no text does. */
const UNKNOWN_WEIGHT = 0.8;
/** The same of two letters of a script without spaces, most of which are parts of two words. */
const UNKNOWN_PAIR_WEIGHT = 0.15;

/** The shortest word that may be misspelt or misheard, and how many of its letters are taken to be right. */
const MIN_MISSPELT_CHARS = 5, MISSPELT_FROM = 2;

/** How sure a word of the documents is what the question means, 0 to 1. */
const SURE = {
  same: 1,
  inflected: 0.95,
  joined: 0.95,
  begins: 0.7,
  within: 0.65,
  part: 0.6,
  akin: 0.5,
  misspelt: 0.8,
  kind: 0.5,
};

/** A word of a question. */
export interface AskedWord {
  /** How much it tells: the fewer chunks have it, the more. */
  readonly weight: number;
  /**
   * The documents' words for it, with how sure each is; none where they have no such word. The word itself
   * where not all of theirs are held.
   */
  readonly forms: ReadonlyMap<string, number>;
}

/** Words that ask for an amount, and words that ask for a time, by their beginnings. */
const PRICE_WORDS =
  /^(?:price|cost|charge|fee|expensive|cheap|preis|kost|teuer|gebuhr|zahl|precio|cuesta|cuanto|cobra|tarif|vale$|prix|cout|combien|prezzo|quanto|preco|custa|料金|値段|費用|いく|くら|価格|多少|少钱|价格|收费|票价)/;
const TIME_WORDS =
  /^(?:open|close|hours?$|when$|time$|geoffnet|offnung|offen|uhr$|wann$|hora|abre|abierto|abierta|cierra|cuando|heure|horaire|ouvert|ferme|orari|apert|chius|quando$|aberto|horario|何時|几点|時間|时间|営業|营业)/;

/**
 * What one- and two-letter words of Chinese and Japanese questions say nothing: politeness, particles,
 * question words.
 */
const CJK_STOPS =
  /^[\p{sc=Hiragana}ー]+$|^(?:请问|你们|我们|什么|怎么|可以|有没|没有|多少|少钱|吗|呢|的|了|我|你|是|在|有|能|要|们|那里|这里|时候|么时|几点|何時|教え|思い|お願|願い)$|^[的了吗呢我你们在是么请]|[的了吗呢么们]$/u;

/**
 * What a question looks for, in the words of the documents: the same ones, inflected ones, those that begin
 * with it or have it inside (compounds), parts of it, numbers however they are said, and words that callers
 * say apart or together (`wi fi`).
 */
export function readQuestion(question: string, vocabulary: Vocabulary): AskedWord[] {
  const languages = languagesOf(vocabulary);
  const words = splitQuestion(question).slice(0, 3 * MAX_QUESTION_WORDS);
  const asked: AskedWord[] = [];
  const seen = new Set<string>();
  const add = (key: string, forms: ReadonlyMap<string, number>) => {
    if (seen.has(key) || asked.length === MAX_QUESTION_WORDS) return;
    seen.add(key);
    const unknown = isUnspaced(key) ? UNKNOWN_PAIR_WEIGHT : UNKNOWN_WEIGHT;
    asked.push({ weight: weightOf(forms, vocabulary, unknown), forms });
  };
  let asksPrice = false;
  let asksTime = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    asksPrice ||= PRICE_WORDS.test(word);
    asksTime ||= TIME_WORDS.test(word);
    const joined = joinedWith(words, at, vocabulary, languages);
    if (joined) {
      add(joined.word, formsOf(joined.word, vocabulary, languages));
      at += joined.words - 1;
      continue;
    }
    const number = numberAt(words, at, languages);
    if (number) {
      add(number.written[0], numberForms(number.written, languages, vocabulary));
      at += number.words - 1;
      continue;
    }
    if (isUnspaced(word)) {
      if (!CJK_STOPS.test(word) && vocabulary.count(word) > 0) add(word, new Map([[word, SURE.same]]));
      else if (!CJK_STOPS.test(word)) add(word, new Map());
      continue;
    }
    if (word.length < 2 || languages.some(({ stops }) => stops.has(word))) continue;
    const forms = formsOf(word, vocabulary, languages);
    if (forms.size > 0 || word.length >= MIN_UNKNOWN_CHARS) add(word, forms);
  }
  if (asksPrice && vocabulary.count(PRICE_MARK) > 0) add(PRICE_MARK, new Map([[PRICE_MARK, SURE.kind]]));
  if (asksTime && vocabulary.count(TIME_MARK) > 0) add(TIME_MARK, new Map([[TIME_MARK, SURE.kind]]));
  return asked;
}

/** Weight of a word that so many of all chunks have: the fewer, the more, and never nothing. */
function weightOf(forms: ReadonlyMap<string, number>, vocabulary: Vocabulary, unknown: number): number {
  const { total } = vocabulary;
  if (forms.size === 0) return unknown * rarity(0, total);
  const best = Math.max(...forms.values());
  let chunks = 0;
  for (const [word, sure] of forms) if (sure >= best - 0.1) chunks += vocabulary.count(word);
  return rarity(Math.min(total, chunks), total);
}

function rarity(chunks: number, total: number): number {
  return Math.log(1 + (total - chunks + 0.5) / (chunks + 0.5)) + 0.1;
}

/**
 * The words of a question, in order; what hyphens join is taken apart, since callers are heard without them.
 */
function splitQuestion(question: string): string[] {
  return indexWords(question.replace(/[-‐‑'’]/g, " ")).filter((word) =>
    word !== PRICE_MARK && word !== TIME_MARK
  );
}

function isUnspaced(word: string): boolean {
  return /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}ー々]{1,2}$/u.test(word);
}

/** Two or three words that the documents write as one, where they do not have each of them by itself. */
function joinedWith(
  words: readonly string[],
  at: number,
  vocabulary: Vocabulary,
  languages: readonly SearchLanguage[],
): { word: string; words: number } | undefined {
  for (const count of [3, 2]) {
    const parts = words.slice(at, at + count);
    const joined = parts.join("");
    if (parts.length < count || joined.length < MIN_PART_CHARS || /^\d+$/.test(joined)) continue;
    if (parts.every(isUnspaced)) continue;
    const isKnown = vocabulary.count(joined) > 0;
    const says = (word: string) => !languages.some(({ stops }) => stops.has(word));
    if (isKnown && parts.some((part) => says(part) || part.length === 1)) {
      return { word: joined, words: count };
    }
  }
  return undefined;
}

function numberAt(
  words: readonly string[],
  at: number,
  languages: readonly SearchLanguage[],
): { written: string[]; words: number } | undefined {
  const word = words[at];
  if (/^\d+(?:x\d+)?$/.test(word)) {
    // `49x90` is followed by its parts.
    const isPair = word.includes("x");
    const hour = Number(word);
    const isAfternoon = /^(?:pm|p)$/.test(words[at + 1] ?? "") && hour < 12;
    return { written: isAfternoon ? [word, String(hour + 12)] : [word], words: isPair ? 2 : 1 };
  }
  const spoken = spokenNumber(words, at, languages);
  if (!spoken) return undefined;
  const next = spokenNumber(words, at + spoken.words, languages);
  if (next && next.value >= 10 && next.value < 100) {
    const both = joinNumbers(String(spoken.value), String(next.value));
    return { written: [both, String(spoken.value)], words: spoken.words + next.words };
  }
  return { written: [String(spoken.value)], words: spoken.words };
}

function numberForms(
  written: readonly string[],
  languages: readonly SearchLanguage[],
  vocabulary: Vocabulary,
): Map<string, number> {
  const forms = new Map<string, number>();
  for (const [index, number] of written.entries()) {
    const names = number.includes("x") ? [] : numberNames(Number(number), languages);
    for (const word of [number, ...names]) {
      if (vocabulary.count(word) > 0) forms.set(word, index === 0 ? SURE.same : SURE.begins);
    }
  }
  if (forms.size === 0 && !vocabulary.isWhole) forms.set(written[0], SURE.same);
  return forms;
}

/** The documents' words for a word of a question. */
function formsOf(
  word: string,
  vocabulary: Vocabulary,
  languages: readonly SearchLanguage[],
): Map<string, number> {
  const forms = new Map<string, number>();
  const take = (found: string, sure: number) => {
    if ((forms.get(found) ?? 0) < sure && (forms.has(found) || forms.size < MAX_FORMS)) {
      forms.set(found, sure);
    }
  };
  const spellings = spellingsOf(word, languages);
  for (const spelling of spellings) if (vocabulary.count(spelling) > 0) take(spelling, SURE.same);
  const looked = new Set<string>();
  for (const spelling of spellings) {
    for (const { stem } of languages) takeStem(spelling, stem, vocabulary, looked, take);
  }
  if (forms.size === 0 && word.length >= MIN_MISSPELT_CHARS) {
    const allowed = word.length >= 8 ? 2 : 1;
    const alike = vocabulary.startingWith(word.slice(0, MISSPELT_FROM), MAX_LOOKED_AT);
    takeAll(alike, (other) => distance(word, other) <= allowed, SURE.misspelt, take);
  }
  if (forms.size === 0 && !vocabulary.isWhole) forms.set(word, SURE.same);
  return forms;
}

/**
 * `gaertner` is also `gartner`, and `gartner` `gaertner`; a German participle also has its verb, and a
 * Portuguese `cao` its plural.
 */
function spellingsOf(word: string, languages: readonly SearchLanguage[]): string[] {
  const all = new Set([word]);
  if (languages.some(({ code }) => code === "de")) {
    all.add(word.replace(/([aou])e/g, "$1"));
    const verb = /^(ab|an|auf|aus|ein|mit|nach|vor|zu|um)?(?:ge|zu)(.{4,})$/.exec(word);
    if (verb && /(?:t|en)$/.test(word)) all.add(`${verb[1] ?? ""}${verb[2]}`);
  }
  if (languages.some(({ code }) => code === "pt")) {
    for (const plural of ["oes", "aes"]) all.add(word.replace(/(?<=.)ao$/, plural));
    all.add(word.replace(/(?<=.)[oa]es$/, "ao"));
  }
  return [...all];
}

function takeStem(
  word: string,
  stem: (word: string) => string,
  vocabulary: Vocabulary,
  looked: Set<string>,
  take: (found: string, sure: number) => void,
): void {
  const root = stem(word);
  const beginning = commonStart(root, word);
  if (beginning.length >= 3) {
    // What shares the root. Its last letter may change: `babies`, `baby`.
    const start = beginning.slice(0, Math.max(3, beginning.length - 1));
    const alike = vocabulary.startingWith(start, MAX_LOOKED_AT);
    for (const { word: other } of alike) if (stem(other) === root) take(other, SURE.inflected);
    if (beginning.length >= MIN_PART_CHARS) {
      takeAll(
        alike,
        (other) => other.startsWith(beginning),
        SURE.begins,
        take,
      );
    }
  }
  if (beginning.length < MIN_PART_CHARS || looked.has(beginning)) return;
  looked.add(beginning); // several languages often have one root
  takeAll(vocabulary.having(beginning, MAX_LOOKED_AT), () => true, SURE.within, take);
  if (beginning.length >= 6) {
    const shorter = beginning.slice(0, Math.max(5, Math.ceil(beginning.length * 0.7)));
    takeAll(vocabulary.startingWith(shorter, MAX_FORMS), () => true, SURE.akin, take);
  }
  if (word.length >= MIN_COMPOUND_CHARS) takeParts(word, stem, vocabulary, take);
}

function takeAll(
  words: readonly KnownWord[],
  fits: (word: string) => boolean,
  sure: number,
  take: (found: string, sure: number) => void,
): void {
  for (const { word } of words) if (!/^\d/.test(word) && fits(word)) take(word, sure);
}

/** The longest known beginning and the longest known end of a compound. */
function takeParts(
  word: string,
  stem: (word: string) => string,
  vocabulary: Vocabulary,
  take: (found: string, sure: number) => void,
): void {
  const known = (part: string) => {
    const root = stem(part);
    if (vocabulary.count(part) > 0) return [part];
    if (root.length < MIN_PART_CHARS) return [];
    return vocabulary.startingWith(root, MAX_FORMS).filter(({ word }) => stem(word) === root).map((
      { word },
    ) => word);
  };
  for (const cut of [true, false]) {
    for (let length = word.length - 3; length >= MIN_PART_CHARS; length--) {
      const found = known(cut ? word.slice(-length) : word.slice(0, length));
      for (const part of found) take(part, SURE.part);
      if (found.length > 0) break;
    }
  }
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
