import type OpenAI from "openai";
import { AppError, messageOf } from "../util/errors.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import { normalize, toVector } from "./vector.ts";

/**
 * Texts of one request. OpenAI takes 2,048 with 300,000 tokens; 64 chunks are some 16,000, and lost with a
 * failed request.
 */
export const MAX_BATCH = 64;

/** How embeddings are requested. */
export interface OpenAiEmbeddingsOptions {
  apiKey: string;
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
  const client = new OpenAI({ apiKey, baseURL, timeout, maxRetries });
  return { of: (dimensions) => new OpenAiEmbedder(client, model, dimensions) };
}

class OpenAiEmbedder implements Embedder {
  readonly space: string;
  readonly #client: OpenAI;
  readonly #model: string;

  constructor(client: OpenAI, model: string, readonly dimensions: number) {
    this.#client = client;
    this.#model = model;
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
      const { data } = await this.#client.embeddings.create({
        model: this.#model,
        input,
        dimensions: this.dimensions,
        // By name, so that the client does not decode it: half the memory of an array of numbers.
        encoding_format: "base64",
      }, { signal });
      const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => decode(embedding));
      if (vectors.length === input.length && vectors.every(({ length }) => length === this.dimensions)) {
        return vectors;
      }
      throw new RangeError(
        `${input.length} vectors of ${this.dimensions} were asked for, and ${vectors.length} of ${
          vectors[0]?.length ?? 0
        } came.`,
      );
    } catch (cause) {
      signal?.throwIfAborted();
      throw new AppError("embedding_failed", `Texts could not be embedded: ${messageOf(cause)}`, { cause });
    }
  }
}

/** The client's type says numbers, whatever the encoding. Servers that know no encodings do send numbers. */
function decode(embedding: number[] | string): Float32Array {
  if (typeof embedding !== "string") return normalize(Float32Array.from(embedding));
  return normalize(toVector(Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0))));
}
