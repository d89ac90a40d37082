import type { Hit } from "./knowledge_store.ts";

/** Softens the first ranks, as in the paper that proposed the method (Cormack, Clarke and Büttcher, SIGIR 2009). */
const RANK_OFFSET = 60;

/** A chunk that one search or both have found. */
export interface FusedHit {
  readonly chunk: Hit["chunk"];
  /** The cosine of the search by meaning, -1 to 1; undefined when that has not found it. */
  readonly similarity: number | undefined;
  /** The coverage of the search by words, 0 to 1; undefined when that has not found it. */
  readonly words: number | undefined;
}

/**
 * Reciprocal rank fusion: each list gives a chunk 1 / (60 + its rank), and the sum is its place. Scores of different searches
 * need not be comparable for that.
 *
 * @param byMeaning best first
 * @param byWords best first
 */
export function fuse(byMeaning: readonly Hit[], byWords: readonly Hit[]): FusedHit[] {
  const fused = new Map<string, FusedHit & { sum: number }>();
  const add = (hits: readonly Hit[], name: "similarity" | "words") => {
    for (const [index, { chunk, score }] of hits.entries()) {
      const before = fused.get(chunk.id) ?? { chunk, similarity: undefined, words: undefined, sum: 0 };
      const sum = before.sum + 1 / (RANK_OFFSET + index + 1);
      fused.set(chunk.id, { ...before, [name]: score, sum });
    }
  };
  add(byMeaning, "similarity");
  add(byWords, "words");
  return [...fused.values()].sort((a, b) => b.sum - a.sum)
    .map(({ chunk, similarity, words }) => ({ chunk, similarity, words }));
}
