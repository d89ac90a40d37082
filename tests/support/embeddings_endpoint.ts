import { NgramEmbedder } from "./ngram_embedder.ts";

/** What the endpoint was asked in one request. */
export interface EmbeddingsRequest {
  model: string;
  input: string[];
  dimensions: number;
  encoding_format: string;
  authorization: string | null;
}

/** Answers as OpenAI's `POST /v1/embeddings` does, with vectors of {@link NgramEmbedder} in place of a model's. */
export class EmbeddingsEndpoint implements AsyncDisposable {
  readonly requests: EmbeddingsRequest[] = [];
  /** In the place of the next answer; undefined: the request is answered. */
  refuse: (request: EmbeddingsRequest) => Response | Promise<Response> | undefined = () => undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** @param port that it listens on; default any free one */
  constructor({ port = 0 } = {}) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
      const asked: EmbeddingsRequest = {
        ...await request.json(),
        authorization: request.headers.get("authorization"),
      };
      this.requests.push(asked);
      if (new URL(request.url).pathname !== "/v1/embeddings") {
        return new Response("not found", { status: 404 });
      }
      return await this.refuse(asked) ?? await answer(asked);
    });
  }

  /** For `OPENAI_BASE_URL`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  /** How many texts have been embedded. */
  get texts(): number {
    return this.requests.reduce((sum, { input }) => sum + input.length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function answer({ model, input, dimensions, encoding_format }: EmbeddingsRequest): Promise<Response> {
  const vectors = await new NgramEmbedder(dimensions).embed(input);
  const data = vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: encoding_format === "base64" ? base64(vector) : [...vector],
  }));
  const usage = { prompt_tokens: 1, total_tokens: 1 };
  return Response.json({ object: "list", model, data: data.reverse(), usage }); // in any order: `index` tells
}

function base64(vector: Float32Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(vector.buffer)));
}
