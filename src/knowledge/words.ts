/** Words of a question that are looked for; further ones are left out. */
export const MAX_QUESTION_WORDS = 32;
/** A word that more of the chunks have says nothing about any of them: `the`, or the business's own name. */
const MAX_SHARE = 0.25;
/** With fewer chunks than this no word counts as too frequent. */
const FEW_CHUNKS = 20;
/** A word that no chunk has counts as something that nothing is known about from this length on. */
const MIN_UNKNOWN_CHARS = 6;

/** The different words of a question, in lower case. Letters, digits and marks only. */
export function wordsOf(question: string): string[] {
  return distinct(question.normalize("NFC")).slice(0, MAX_QUESTION_WORDS);
}

/** All different words of a text, in lower case and without accents. */
export function plainWordsOf(text: string): string[] {
  return distinct(text.normalize("NFKD").replace(/\p{M}/gu, ""));
}

/**
 * Whether a word says what a question is about. A short one that no chunk has does not: `is`, `do`, `much` are in every
 * question, and in few documents.
 *
 * @param chunks that have it
 * @param total number of chunks
 */
export function isTelling(word: string, chunks: number, total: number): boolean {
  if (chunks === 0) return word.length >= MIN_UNKNOWN_CHARS;
  return total < FEW_CHUNKS || chunks <= total * MAX_SHARE;
}

/** What a word weighs: the fewer chunks have it, the more. */
export function weightOf(chunks: number, total: number): number {
  return Math.log(1 + total / Math.max(chunks, 1));
}

function distinct(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu))];
}
