import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Ranked } from "../top_k.ts";
import { isTelling, splitWords, wordWeight } from "../words.ts";

/** A heading's words weigh more than the text's. */
const HEADING_WEIGHT = 2;

/** Finds chunks by the words of a question, in the FTS5 index. */
export class WordSearch {
  readonly #countAll: StatementSync;
  readonly #countOne: StatementSync;
  readonly #rank: StatementSync;
  readonly #which: StatementSync;

  constructor(database: DatabaseSync) {
    this.#countAll = database.prepare("SELECT count(*) AS count FROM chunks");
    this.#countOne = database.prepare("SELECT count(*) AS count FROM words WHERE words MATCH ?");
    this.#rank = database.prepare(
      `SELECT rowid AS key FROM words WHERE words MATCH ? ORDER BY bm25(words, ${HEADING_WEIGHT}, 1) LIMIT ?`,
    );
    this.#which = database.prepare(
      "SELECT rowid AS key FROM words WHERE words MATCH ? AND rowid IN (SELECT value FROM json_each(?))",
    );
  }

  /**
   * The keys of the best `limit` chunks by BM25, best first. A score is how much of the question's weight the chunk holds, 0 to
   * 1; rare words weigh more, words that say nothing are not looked for. Between the steps the event loop serves calls.
   */
  async search(question: string, limit: number): Promise<readonly Ranked<number>[]> {
    const total = count(this.#countAll.get());
    if (total === 0) return [];
    const words = splitWords(question).map((word) => {
      const quoted = `"${word}"`;
      return { word, quoted, chunks: count(this.#countOne.get(quoted)) };
    }).filter(({ word, chunks }) => isTelling(word, chunks, total));
    const known = words.filter(({ chunks }) => chunks > 0);
    if (known.length === 0) return [];
    await setImmediate();
    const ranked = this.#rank.all(known.map(({ quoted }) => quoted).join(" OR "), limit) as { key: number }[];
    await setImmediate();
    const keys = JSON.stringify(ranked.map(({ key }) => key));
    const held = new Map(ranked.map(({ key }) => [key, 0]));
    let all = 0;
    for (const { quoted, chunks } of words) {
      const weight = wordWeight(chunks, total);
      all += weight;
      if (chunks === 0) continue;
      for (const { key } of this.#which.all(quoted, keys) as { key: number }[]) {
        held.set(key, held.get(key)! + weight);
      }
    }
    return [...held].map(([item, weight]) => ({ item, score: weight / all }));
  }
}

function count(row: unknown): number {
  return (row as { count: number }).count;
}
