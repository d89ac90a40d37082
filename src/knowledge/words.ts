/** Words of a question that are searched; the rest is ignored. */
export const MAX_QUESTION_WORDS = 32;
/** A word that a larger share of the chunks has says nothing about any of them: `the`, or the business's own name. */
const MAX_SHARE = 0.25;
/** With fewer chunks no word counts as too frequent. */
const FEW_CHUNKS = 20;
/** From this length on, a word that no chunk has counts as a subject that the documents do not cover. */
const MIN_UNKNOWN_CHARS = 6;

/** The distinct words of a question in lower case. Letters, digits and marks only. */
export function splitWords(question: string): string[] {
  return distinct(question.normalize("NFC")).slice(0, MAX_QUESTION_WORDS);
}

/** All distinct words of a text in lower case, without accents. */
export function splitPlainWords(text: string): string[] {
  return distinct(text.normalize("NFKD").replace(/\p{M}/gu, ""));
}

/**
 * Whether a word says what a question is about. A short one that no chunk has does not: `is`, `do` and `much` are in every
 * question but in few documents.
 *
 * @param chunks that have it
 * @param total number of chunks
 */
export function isTelling(word: string, chunks: number, total: number): boolean {
  if (chunks === 0) return word.length >= MIN_UNKNOWN_CHARS;
  return total < FEW_CHUNKS || chunks <= total * MAX_SHARE;
}

/** Weight of a word: the fewer chunks have it, the more. */
export function wordWeight(chunks: number, total: number): number {
  return Math.log(1 + total / Math.max(chunks, 1));
}

function distinct(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu))];
}
