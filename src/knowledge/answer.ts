import type { Finding } from "./knowledge.ts";

/** A search's outcome as the model is told it. */
export interface KnowledgeAnswer {
  readonly passages: readonly Passage[];
  /** What to do with it, in words for the model. */
  readonly note: string;
}

/** A part of a document that answers. Scores are rounded to two places. */
export interface Passage {
  readonly source: string;
  /** Left out where the document has none. */
  readonly heading?: string;
  readonly text: string;
  /** The cosine to the question; left out where it was not looked for by meaning, or not found so. */
  readonly similarity?: number;
  /** The share of the question's words; left out where the passage was not found by words. */
  readonly words?: number;
}

/** Puts what a search has found into the words of a tool's output. */
export function answerOf({ hits }: Finding): KnowledgeAnswer {
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
