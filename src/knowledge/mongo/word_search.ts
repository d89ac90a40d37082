import type { Filter } from "mongodb";
import { type Ranked, TopK } from "../top_k.ts";
import { isTelling, MAX_QUESTION_WORDS, splitPlainWords, wordWeight } from "../words.ts";
import type { ChunkCollection, ChunkDocument } from "./chunk_document.ts";

/**
 * Finds chunks by the words that they share with a question, rare words weighing more. A score is how much of the question's
 * weight the chunk holds, 0 to 1. By an array of each chunk's words and
 * an ordinary index, which every MongoDB has; words are found as they are written, in any case and without accents.
 */
export async function searchWords(
  chunks: ChunkCollection,
  businessId: string,
  question: string,
  limit: number,
  maxTimeMS: number,
): Promise<readonly Ranked<string>[]> {
  const count = (filter: Filter<ChunkDocument>) =>
    chunks.countDocuments({ ...filter, businessId }, { maxTimeMS });
  const words = splitPlainWords(question).slice(0, MAX_QUESTION_WORDS);
  const [total, ...counts] = await Promise.all([count({}), ...words.map((word) => count({ words: word }))]);
  const weights = new Map<string, number>();
  for (const [index, word] of words.entries()) {
    if (isTelling(word, counts[index], total)) weights.set(word, wordWeight(counts[index], total));
  }
  const known = words.filter((word, index) => weights.has(word) && counts[index] > 0);
  if (known.length === 0) return [];
  const all = [...weights.values()].reduce((sum, weight) => sum + weight);
  const best = new TopK<string>(limit);
  const found = chunks.find({ businessId, words: { $in: known } }, {
    projection: { id: 1, words: 1 },
    maxTimeMS,
  });
  for await (const { id, words: held } of found) {
    best.add(id, held.reduce((sum, word) => sum + (weights.get(word) ?? 0), 0) / all);
  }
  return best.ranked();
}
