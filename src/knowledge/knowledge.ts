import type { KnowledgeSettings } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";
import { after, type Clock } from "../util/clock.ts";
import { cutText } from "../util/cut_text.ts";
import { AppError } from "../util/errors.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import { fuse, type FusedHit } from "./fuse.ts";
import type { Hit, KnowledgeSize, KnowledgeStore } from "./knowledge_store.ts";

/** Longest question in characters; what is beyond it is not looked for. */
export const MAX_QUESTION_CHARS = 1_000;
/** How many chunks each of the two searches hands to their fusion. */
const CANDIDATES = 20;
/** How long a question may take to be embedded before it is looked for by its words alone, in milliseconds. */
export const EMBED_TIMEOUT_MS = 1_500;

/** What a search has found. */
export interface Finding {
  /** The chunks that fit, best first. */
  readonly hits: readonly FusedHit[];
  /** How it was looked for. `words`: nobody makes vectors here, or not in time. */
  readonly by: "meaning_and_words" | "words";
}

/** What a {@link Knowledge} is made from. */
export interface KnowledgeOptions {
  readonly store: KnowledgeStore;
  /** Undefined where there is no key: then words alone are looked for. */
  readonly embeddings: Embeddings | undefined;
  /** Released with it: the store, and whatever that needs. */
  readonly held: AsyncDisposable;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one business knows, as its calls ask for it. Bound to the business by its store. */
export class Knowledge implements AsyncDisposable {
  readonly #store: KnowledgeStore;
  readonly #embeddings: Embeddings | undefined;
  readonly #held: AsyncDisposable;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ store, embeddings, held, clock, log }: KnowledgeOptions) {
    this.#store = store;
    this.#embeddings = embeddings;
    this.#held = held;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Looks for what answers a question: by words always, by meaning where the question can be embedded in time.
   * @throws {AppError} `knowledge_unreachable`
   */
  async search(question: string, settings: KnowledgeSettings, signal?: AbortSignal): Promise<Finding> {
    const asked = cutText(question.replaceAll("\0", " ").trim(), MAX_QUESTION_CHARS);
    if (asked === "") return { hits: [], by: "words" };
    const [byWords, byMeaning] = await Promise.all([
      this.#store.searchWords(asked, CANDIDATES),
      this.#byMeaning(asked, settings.dimensions, signal),
    ]);
    signal?.throwIfAborted();
    const hits = fuse(byMeaning ?? [], byWords).filter(({ similarity = -1, words = 0 }) =>
      similarity >= settings.minSimilarity || words >= settings.minWords
    );
    return { hits: hits.slice(0, settings.results), by: byMeaning ? "meaning_and_words" : "words" };
  }

  /** How much there is. @param dimensions of the vectors that are counted */
  size(dimensions: number): Promise<KnowledgeSize> {
    return this.#store.size(this.#embeddings?.of(dimensions).space);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]();
  }

  /** Undefined when the question could not be embedded in time. */
  async #byMeaning(
    question: string,
    dimensions: number,
    signal: AbortSignal | undefined,
  ): Promise<Hit[] | undefined> {
    const embedder = this.#embeddings?.of(dimensions);
    if (!embedder) return undefined;
    const vector = await this.#embed(embedder, question, signal);
    return vector && await this.#store.searchVector(vector, embedder.space, CANDIDATES, signal);
  }

  async #embed(
    embedder: Embedder,
    question: string,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array | undefined> {
    const late = new AbortController();
    const timer = after(this.#clock, EMBED_TIMEOUT_MS, () => late.abort());
    try {
      const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
      const [vector] = await embedder.embed([question], either);
      return vector;
    } catch (error) {
      signal?.throwIfAborted();
      const code = late.signal.aborted ? "timeout" : error instanceof AppError ? error.code : "unexpected";
      this.#log.warn("question_not_embedded", { code });
      return undefined;
    } finally {
      timer.cancel();
    }
  }
}
