import type { KnowledgeSettings } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { Deadline } from "../util/deadline.ts";
import { cutText } from "../util/cut_text.ts";
import { AppError } from "../util/errors.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import type { Chunk, Hit, KnowledgeStore } from "./knowledge_store.ts";
import { meanSimilarity } from "./vector.ts";

/** Longest question in characters; the rest is ignored. */
export const MAX_QUESTION_CHARS = 1_000;
/** How many chunks each of the two searches contributes. */
const CANDIDATES = 20;
/** How long embedding a question may take, in milliseconds; after that only its words are searched. */
export const EMBED_TIMEOUT_MS = 1_500;

/** Vectors that tell how alike passages usually are: some 2,000 pairs. */
const SAMPLED_VECTORS = 64;

/**
 * Softens the first ranks, as in the paper that proposed the method (Cormack, Clarke and Büttcher, SIGIR
 * 2009).
 */
const RANK_OFFSET = 60;

/** A chunk that one or both searches found. */
export interface FusedHit {
  readonly chunk: Chunk;
  /** The cosine of the search by meaning, -1 to 1; undefined if that did not find it. */
  readonly similarity: number | undefined;
  /** The score of the search by words, 0 to 1; undefined if that did not find it. */
  readonly words: number | undefined;
}

/** What a search has found. */
export interface SearchResult {
  /** The chunks that fit, best first. */
  readonly hits: readonly FusedHit[];
  /** How it was searched. `words`: there was no vector of the question, or not in time. */
  readonly by: "meaning_and_words" | "words";
}

/** What the search by meaning found, and how alike two passages usually are. */
interface Meant {
  readonly hits: readonly Hit[];
  readonly usual: number;
}

/** Of one search. */
export interface SearchOptions {
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** The call that asks, for the log. */
  readonly call?: string;
}

/** What a {@link Knowledge} is made from. */
export interface KnowledgeOptions {
  readonly store: KnowledgeStore;
  /** Undefined without a key: then only words are searched. */
  readonly embeddings: Embeddings | undefined;
  /** Released with it: the store and what that needs. */
  readonly held: AsyncDisposable;
  readonly clock: Clock;
  readonly log: Log;
}

/** Searches the documents of one business, to which its store is bound. */
export class Knowledge implements AsyncDisposable {
  readonly #options: KnowledgeOptions;
  /** The mean cosine of two passages, by space. */
  readonly #usual = new Map<string, number>();

  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  /**
   * Finds passages that answer a question: always by words, and by meaning if the question is embedded in
   * time.
   * @throws {AppError} `knowledge_unreachable`
   */
  async search(
    question: string,
    settings: KnowledgeSettings,
    { signal, call }: SearchOptions = {},
  ): Promise<SearchResult> {
    const asked = cutText(question.replaceAll("\0", " ").trim(), MAX_QUESTION_CHARS);
    if (asked === "") return { hits: [], by: "words" };
    const [byWords, meant] = await Promise.all([
      this.#options.store.searchWords(asked, CANDIDATES),
      this.#byMeaning(asked, settings.dimensions, { signal, call }),
    ]);
    signal?.throwIfAborted();
    const { hits: byMeaning, usual } = meant ?? { hits: [], usual: 0 };
    const least = usual + settings.minSimilarity * (1 - usual);
    const hits = fuse(byMeaning, byWords).filter(({ similarity = -1, words = 0 }) =>
      similarity >= least || words >= settings.minWords
    );
    return { hits: hits.slice(0, settings.results), by: meant ? "meaning_and_words" : "words" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.held[Symbol.asyncDispose]();
  }

  /** Undefined when the question could not be embedded in time, or the vectors cannot be searched now. */
  async #byMeaning(
    question: string,
    dimensions: number,
    { signal, call }: SearchOptions,
  ): Promise<Meant | undefined> {
    const { store, embeddings, log } = this.#options;
    const embedder = embeddings?.of(dimensions);
    if (!embedder) return undefined;
    const vector = await this.#embed(embedder, question, { signal, call });
    if (!vector) return undefined;
    try {
      const [hits, usual] = await Promise.all([
        store.searchVector(vector, embedder.space, CANDIDATES, signal),
        this.#usualSimilarity(embedder.space),
      ]);
      return { hits, usual };
    } catch (error) {
      signal?.throwIfAborted();
      const code = error instanceof AppError ? error.code : "unexpected";
      log.warn("vectors_not_searched", { call, code });
      return undefined;
    }
  }

  /** Models differ: of one, two passages that have nothing in common have a cosine of 0.1, of another 0.8. */
  async #usualSimilarity(space: string): Promise<number> {
    const before = this.#usual.get(space);
    if (before !== undefined) return before;
    const vectors = await this.#options.store.sampleVectors?.(space, SAMPLED_VECTORS) ?? [];
    const mean = meanSimilarity(vectors);
    if (mean === undefined) return 0; // not kept: an ingestion may be at work
    const usual = Math.min(Math.max(mean, 0), 0.99);
    this.#usual.set(space, usual);
    return usual;
  }

  async #embed(
    embedder: Embedder,
    question: string,
    { signal, call }: SearchOptions,
  ): Promise<Float32Array | undefined> {
    using deadline = new Deadline(this.#options.clock, EMBED_TIMEOUT_MS, signal);
    try {
      return (await embedder.embed([question], deadline.signal))[0];
    } catch (error) {
      signal?.throwIfAborted();
      const code = deadline.isOver ? "timeout" : error instanceof AppError ? error.code : "unexpected";
      this.#options.log.warn("question_not_embedded", { call, code });
      return undefined;
    }
  }
}

/**
 * Reciprocal rank fusion: each list gives a chunk 1 / (60 + its rank), and the sum is its place. The two
 * searches' scores need not be comparable for this.
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
