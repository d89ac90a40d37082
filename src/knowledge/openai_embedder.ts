import type OpenAI from "openai";
import { AppError, messageOf } from "../util/errors.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import { normalize, toVector } from "./vector.ts";

/** Texts of one request. OpenAI takes 2,048; servers of one's own often take no more than 32. */
export const MAX_BATCH = 32;

/** Most bytes of one answer, unpacked: {@link MAX_BATCH} vectors of 8,192 numbers, written out. */
const MAX_EMBEDDINGS_BYTES = 8 * 1024 * 1024;

/** How embeddings are requested. */
export interface OpenAiEmbeddingsOptions {
  /** Undefined: the server wants none. */
  apiKey: string | undefined;
  /** OpenAI's, or that of any server with its `POST /embeddings`. */
  baseUrl: string;
  /** Such as `text-embedding-3-small`. */
  model: string;
  /** Longest wait for one answer, in milliseconds. */
  timeoutMs: number;
  /** How often a request is repeated after a failure that may pass (429, 5xx, no connection). */
  retries: number;
}

/**
 * OpenAI's embeddings, of any number of dimensions. Loads the client, 6 MB, when called.
 *
 * Shorter vectors are the first dimensions of the model's own, scaled to length 1 again: the model is trained
 * so that these hold most of the meaning.
 */
export async function loadOpenAiEmbeddings(options: OpenAiEmbeddingsOptions): Promise<Embeddings> {
  const { OpenAI } = await import("openai");
  const { apiKey, baseUrl: baseURL, model, timeoutMs: timeout, retries: maxRetries } = options;
  const client = new OpenAI({
    ...{ baseURL, timeout, maxRetries, fetch: boundedFetch },
    apiKey: apiKey ?? "none",
    ...apiKey === undefined && { defaultHeaders: { Authorization: null } },
  });
  const dialect: Dialect = { isPlain: false };
  return { of: (dimensions) => new OpenAiEmbedder(client, model, dimensions, dialect) };
}

/** As `fetch`, of answers that have an end: the client would gather any number of bytes, unpacked. */
async function boundedFetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, init);
  let left = MAX_EMBEDDINGS_BYTES;
  const bound = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      left -= piece.length;
      if (left >= 0) return controller.enqueue(piece);
      throw new RangeError(`The answer has more than ${MAX_EMBEDDINGS_BYTES} bytes.`);
    },
  });
  return new Response(answer.body?.pipeThrough(bound), answer);
}

type Answered = readonly { readonly index: number; readonly embedding: number[] | string }[];

/** What a server has been found to understand. */
interface Dialect {
  /** True: it refuses `dimensions` or the encoding, and gets neither. */
  isPlain: boolean;
}

class OpenAiEmbedder implements Embedder {
  readonly space: string;
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #dialect: Dialect;

  constructor(client: OpenAI, model: string, readonly dimensions: number, dialect: Dialect) {
    this.#client = client;
    this.#model = model;
    this.#dialect = dialect;
    this.space = `${model}/${dimensions}`;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += MAX_BATCH) {
      vectors.push(...await this.#embedBatch(texts.slice(start, start + MAX_BATCH), signal));
    }
    return vectors;
  }

  async #embedBatch(input: string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    try {
      const data = await this.#request(input, signal);
      const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => decode(embedding));
      if (vectors.length === input.length && vectors.every(({ length }) => length === this.dimensions)) {
        return vectors;
      }
      throw new RangeError(this.#mismatch(input.length, vectors));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new AppError("embedding_failed", `Texts could not be embedded: ${messageOf(cause)}`, { cause });
    }
  }

  async #request(input: string[], signal: AbortSignal | undefined): Promise<Answered> {
    const model = this.#model;
    const plain = async () =>
      (await this.#client.embeddings.create({ model, input, encoding_format: "float" }, { signal })).data;
    if (this.#dialect.isPlain) return await plain();
    try {
      const { data } = await this.#client.embeddings.create({
        model,
        input,
        dimensions: this.dimensions,
        // By name, so that the client does not decode it: half the memory of an array of numbers.
        encoding_format: "base64",
      }, { signal });
      return data;
    } catch (refusal) {
      if (!isRefusal(refusal)) throw refusal;
      // Many servers refuse `dimensions`, since their models have one length.
      const data = await plain().catch(() => {
        throw refusal;
      });
      this.#dialect.isPlain = true;
      return data;
    }
  }

  #mismatch(texts: number, vectors: readonly Float32Array[]): string {
    const { length: numbers = 0 } = vectors[0] ?? [];
    const came =
      `${texts} vectors of ${this.dimensions} were asked for, and ${vectors.length} of ${numbers} came.`;
    if (vectors.length !== texts) return came;
    return `${came} Where that is the length of ${this.#model}'s vectors, write "dimensions": ${numbers} into the ` +
      `"knowledge" of the business's file.`;
  }
}

/** Whether an answer may mean that a server does not know a field. */
function isRefusal(error: unknown): boolean {
  const { status } = error as { status?: unknown };
  return status === 400 || status === 422;
}

/** The client's type says numbers, whatever the encoding. Servers that know no encodings do send numbers. */
function decode(embedding: number[] | string): Float32Array {
  if (typeof embedding !== "string") return normalize(Float32Array.from(embedding));
  return normalize(toVector(Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0))));
}
