import type { Chunk } from "./chunk.ts";

/** A chunk to store, with its vector where there is somebody who makes vectors. */
export interface EmbeddedChunk {
  readonly chunk: Chunk;
  readonly vector: Float32Array | undefined;
}

/** A chunk that was found. */
export interface Hit {
  readonly chunk: Chunk;
  /** Of a search by meaning: the cosine, -1 to 1. Of one by words: how much of the question's weight the chunk holds, 0 to 1. */
  readonly score: number;
}

/** How much there is. */
export interface KnowledgeSize {
  readonly chunks: number;
  /** Those of them that can be found by meaning, in the space asked for. */
  readonly embedded: number;
  readonly sources: number;
}

/**
 * The knowledge of one business. The store is made for that business, and nothing that it is asked for can name another:
 * none of its operations takes a business.
 *
 * Every operation throws {AppError} `knowledge_unreachable` when the store behind it cannot be reached.
 */
export interface KnowledgeStore extends AsyncDisposable {
  /**
   * Those of `ids` that are still to be put.
   * @param space they must have a vector of this space; undefined: they need none
   */
  missing(ids: readonly string[], space: string | undefined): Promise<Set<string>>;

  /** Stores chunks, each of them whole, in the place of those with the same id. @param space of the vectors */
  put(chunks: readonly EmbeddedChunk[], space: string | undefined): Promise<void>;

  /**
   * Removes all chunks but these, and makes what was put findable by meaning.
   * @param keepsSource true for sources whose chunks all stay
   * @returns how many chunks went
   */
  retain(ids: ReadonlySet<string>, keepsSource: (source: string) => boolean): Promise<number>;

  size(space: string | undefined): Promise<KnowledgeSize>;

  /** The chunks that share words with the question, best first. */
  searchWords(question: string, limit: number): Promise<Hit[]>;

  /** The chunks whose vectors are nearest, best first. @param vector of length 1, in `space` */
  searchVector(vector: Float32Array, space: string, limit: number, signal?: AbortSignal): Promise<Hit[]>;
}
