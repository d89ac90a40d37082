/** Turns texts into vectors whose direction is their meaning. */
export interface Embedder {
  /** What makes vectors comparable: model and dimensions, such as `text-embedding-3-small/512`. */
  readonly space: string;
  /** Numbers of each vector. */
  readonly dimensions: number;
  /**
   * One vector of length 1 for each text, in their order.
   *
   * @param texts none of them empty
   * @throws {AppError} `embedding_failed`; the reason of `signal` once that is aborted
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

/** A model that makes vectors of any number of dimensions. */
export interface Embeddings {
  /** The embedder of vectors of that many numbers. */
  of(dimensions: number): Embedder;
}
