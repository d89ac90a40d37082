import { AppError, messageOf } from "../util/errors.ts";

/** A passage of a document: what is embedded, stored, found and told to the model. */
export interface Chunk {
  /** Made from the rest, 32 characters: the same text at the same place has the same id in every run. */
  readonly id: string;
  /** The document, as the business calls it. */
  readonly source: string;
  /**
   * The headings above the text, outermost first, such as `Prices > Children`; empty without any. At most 200
   * characters.
   */
  readonly heading: string;
  /** Plain text of at most 1,000 characters. */
  readonly text: string;
}

/** A chunk to store. */
export interface EmbeddedChunk {
  /** The chunk. */
  readonly chunk: Chunk;
  /** Its vector, of length 1; undefined where nobody makes vectors. */
  readonly vector: Float32Array | undefined;
}

/** A chunk that was found. */
export interface Hit {
  /** The chunk. */
  readonly chunk: Chunk;
  /**
   * Of a search by meaning: the cosine, -1 to 1. Of one by words: the share of the question's weight that the
   * chunk holds, 0 to 1.
   */
  readonly score: number;
}

/** How much a store holds. */
export interface KnowledgeSize {
  /** All chunks. */
  readonly chunks: number;
  /** Those of them that can be found by meaning, in the space asked for. */
  readonly embedded: number;
  /** Documents that they are from. */
  readonly sources: number;
}

/**
 * The knowledge of one business. A store is opened for that business, and nothing that it is asked can name
 * another: no operation takes a business. It is opened with the first question and disposed of when nobody
 * has asked for a minute; operations may overlap until then.
 *
 * A `space` says which vectors can be compared: a model and its number of dimensions, such as
 * `text-embedding-3-small/512`.
 *
 * Every operation throws an {@link AppError} with the code `knowledge_unreachable` when the database cannot
 * be reached. The caller's model is then told that the documents are out of reach.
 */
export interface KnowledgeStore extends AsyncDisposable {
  /**
   * Those of `ids` that `put` still has to store.
   *
   * @param space they must have a vector of this space; undefined: they need no vector
   */
  missing(ids: readonly string[], space: string | undefined): Promise<Set<string>>;

  /**
   * Stores chunks, each of them whole, over those with the same id.
   *
   * @param space of the vectors; undefined where no chunk has one
   * @throws {AppError} `knowledge_bad_text` for text that the store cannot keep unchanged
   */
  put(chunks: readonly EmbeddedChunk[], space: string | undefined): Promise<void>;

  /**
   * Ends a run of `put`s: removes all chunks but `ids`, and makes the rest findable. May take minutes where
   * an index is built.
   *
   * @param keepsSource true for a document whose chunks all stay
   * @returns how many chunks were removed
   */
  retain(ids: ReadonlySet<string>, keepsSource: (source: string) => boolean): Promise<number>;

  /** Counts what is stored. @param space whose vectors are counted; undefined counts none */
  size(space: string | undefined): Promise<KnowledgeSize>;

  /**
   * The chunks that share words with a question, best first.
   *
   * @param question at most 1,000 characters
   * @param limit how many at most
   */
  searchWords(question: string, limit: number): Promise<Hit[]>;

  /**
   * The chunks whose vectors are nearest, best first.
   *
   * @param vector of length 1, in `space`
   * @param limit how many at most
   * @throws the reason of `signal` once that is aborted
   */
  searchVector(vector: Float32Array, space: string, limit: number, signal?: AbortSignal): Promise<Hit[]>;

  /**
   * Vectors of chunks taken at random: they tell how alike two passages are by the model's nature, which
   * `minSimilarity` counts from. Where a store cannot, it counts from 0.
   *
   * @param limit how many at most
   */
  sampleVectors?(space: string, limit: number): Promise<Float32Array[]>;
}

/**
 * Opens the store of one business. Called again whenever the last store of the business has been disposed of.
 *
 * @param businessId lower-case letters, digits and dashes
 * @throws when it cannot be opened; the next question tries again
 */
export type OpenKnowledgeStore = (businessId: string) => KnowledgeStore | Promise<KnowledgeStore>;

/**
 * Makes sure that a database keeps all of a chunk.
 * @throws {AppError} `knowledge_bad_text` for a NUL character, which ends a text in some databases
 */
export function checkText({ source, heading, text }: Chunk): void {
  if (!`${source}${heading}${text}`.includes("\0")) return;
  throw new AppError("knowledge_bad_text", `A chunk of ${source} has a NUL character.`);
}

/**
 * Works with a store's database.
 *
 * @param failure what is thrown in place of an error of the database
 * @throws the reason of `signal` once that is aborted
 */
export async function reaching<Result>(
  work: () => Result | Promise<Result>,
  failure: (cause: unknown) => AppError = knowledgeUnreachable,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    throw failure(cause);
  }
}

/**
 * What a store throws when its database fails with `cause`: `knowledge_unreachable`, or an {@link AppError}
 * as it is.
 */
export function knowledgeUnreachable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const message = `The knowledge cannot be read: ${messageOf(cause)}`;
  return new AppError("knowledge_unreachable", message, { cause });
}
