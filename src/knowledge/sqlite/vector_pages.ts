import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { type Ranked, TopK } from "../top_k.ts";
import { dot, toVector } from "../vector.ts";

/** Vectors of one page: half a megabyte at 512 dimensions, searched in less than a millisecond. */
export const VECTORS_A_PAGE = 256;

/** A page that has room. */
interface OpenPage {
  readonly keys: number[];
  readonly vectors: Uint8Array[];
}

/** All vectors of a store, in pages that are read one by one. */
export class VectorPages {
  readonly #database: DatabaseSync;
  readonly #next: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#next = database.prepare(
      "SELECT page, keys, vectors FROM pages WHERE page > ? AND space = ? ORDER BY page LIMIT 1",
    );
  }

  /** Rebuilds the pages from the chunks, within a transaction of the caller. */
  rebuild(): void {
    this.#database.exec("DELETE FROM pages");
    const rows = this.#database.prepare(
      `SELECT key, space, vector FROM chunks WHERE space IS NOT NULL AND key > ? ORDER BY key LIMIT ${VECTORS_A_PAGE}`,
    );
    const write = this.#database.prepare("INSERT INTO pages (space, keys, vectors) VALUES (?, ?, ?)");
    const open = new Map<string, OpenPage>();
    const close = (space: string, { keys, vectors }: OpenPage) => {
      write.run(space, new Uint8Array(Int32Array.from(keys).buffer), joined(vectors));
      open.delete(space);
    };
    for (let last = -1;;) {
      const batch = rows.all(last) as { key: number; space: string; vector: Uint8Array }[];
      if (batch.length === 0) break;
      for (const { key, space, vector } of batch) {
        const page: OpenPage = open.get(space) ?? { keys: [], vectors: [] };
        open.set(space, page);
        page.keys.push(key);
        page.vectors.push(vector);
        if (page.keys.length === VECTORS_A_PAGE) close(space, page);
        last = key;
      }
    }
    for (const [space, page] of [...open]) close(space, page);
  }

  /**
   * The keys of the nearest `limit` chunks by cosine, best first, found by looking at every vector. Between
   * pages the event loop serves calls; only one page is in memory at a time.
   */
  async search(
    vector: Float32Array,
    space: string,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Ranked<number>[]> {
    const best = new TopK<number>(limit);
    for (let last = -1;;) {
      signal?.throwIfAborted();
      const row = this.#next.get(last, space) as
        | { page: number; keys: Uint8Array<ArrayBuffer>; vectors: Uint8Array<ArrayBuffer> }
        | undefined;
      if (row === undefined) break;
      const keys = new Int32Array(row.keys.slice().buffer);
      const vectors = toVector(row.vectors);
      for (const [index, key] of keys.entries()) best.add(key, dot(vector, vectors, index * vector.length));
      // Otherwise the pages of several searches pile up until the next garbage collection: 70 MB were seen,
      // and 2 with this.
      row.vectors.buffer.transfer(0);
      last = row.page;
      await setImmediate();
    }
    return best.ranked();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
