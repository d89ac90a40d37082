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

  constructor(readonly dimensions = 512, model = "ngram") {
    this.space = `${model}/${dimensions}`;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    await this.before(texts);
    signal?.throwIfAborted();
    this.embedded.push(...texts);
    return texts.map((text) => this.#vectorOf(text));
  }

  #vectorOf(text: string): Float32Array {
    const counts = new Map<string, number>();
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
      const padded = `^${word}$`;
      const pieces = Array.from(
        { length: Math.max(padded.length - 2, 0) },
        (_, at) => padded.slice(at, at + 3),
      );
      for (const piece of [word, ...pieces]) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
    const vector = new Float32Array(this.dimensions);
    for (const [piece, count] of counts) {
      const hash = hashOf(piece);
      vector[hash % this.dimensions] += (hash & 0x40000000 ? 1 : -1) * (1 + Math.log(count));
    }
    return normalize(vector);
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
