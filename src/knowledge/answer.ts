import type { SearchResult } from "./knowledge.ts";

/** A passage of a document. Scores are rounded to two places. */
export interface Passage {
  readonly source: string;
  /** Left out where the document has none. */
  readonly heading?: string;
  readonly text: string;
  /** The cosine to the question, -1 to 1; left out if it was not found by meaning. */
  readonly similarity?: number;
  /** The share of the question's words, 0 to 1; left out if it was not found by words. */
  readonly words?: number;
}

/** Turns what a search found into a tool's output. `note` tells the model what to do with the passages. */
export function toKnowledgeAnswer({ hits }: SearchResult): { passages: Passage[]; note: string } {
  return {
    passages: hits.map(({ chunk: { source, heading, text }, similarity, words }) => ({
      source,
      ...heading !== "" && { heading },
      text,
      ...similarity !== undefined && { similarity: rounded(similarity) },
      ...words !== undefined && { words: rounded(words) },
    })),
    note: hits.length === 0
      ? "Nothing in the business's documents fits. Say that you do not know; do not guess."
      : "Answer from these passages alone, in your own words. Where they do not answer, say that you do not know.",
  };
}

function rounded(score: number): number {
  return Math.round(score * 100) / 100;
}
