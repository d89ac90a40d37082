import type { Embedder } from "../../src/knowledge/embedder.ts";
import { normalize } from "../../src/knowledge/vector.ts";

/**
 * Stands in for a real embedding model where there is no key: words and their three-letter pieces, hashed into a fixed number
 * of dimensions. It finds spellings that are alike, not meanings that are.
 */
export class NgramEmbedder implements Embedder {
  readonly space: string;
  /** Texts embedded so far, in their order. */
  readonly embedded: string[] = [];
  /** Called before each batch; may throw or wait. */
  before: (texts: readonly string[]) => Promise<void> | void = () => {};

  /** In how many of so many texts each piece is; empty: all pieces weigh the same. */
  readonly #texts: { readonly count: number; readonly having: ReadonlyMap<string, number> };

  /** @param corpus texts that tell which pieces are rare, and so weigh more */
  constructor(readonly dimensions = 512, corpus: Iterable<string> = []) {
    this.space = `ngram/${dimensions}`;
    const having = new Map<string, number>();
    let count = 0;
    for (const text of corpus) {
      count++;
      for (const piece of cutSection(text).keys()) having.set(piece, (having.get(piece) ?? 0) + 1);
    }
    this.#texts = { count, having };
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    await this.before(texts);
    signal?.throwIfAborted();
    this.embedded.push(...texts);
    return texts.map((text) => this.#toVector(text));
  }

  #toVector(text: string): Float32Array {
    const vector = new Float32Array(this.dimensions);
    for (const [piece, count] of cutSection(text)) {
      const hash = hashOf(piece);
      const rarity = Math.log(1 + this.#texts.count / (this.#texts.having.get(piece) ?? 1)) || 1;
      vector[hash % this.dimensions] += (hash & 0x40000000 ? 1 : -1) * (1 + Math.log(count)) * rarity;
    }
    return normalize(vector);
  }
}

/** The words of a text and their three-letter pieces, and how often each is there. */
function cutSection(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const padded = `^${word}$`;
    const pieces = Array.from(
      { length: Math.max(padded.length - 2, 0) },
      (_, at) => padded.slice(at, at + 3),
    );
    for (const piece of [word, ...pieces]) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
