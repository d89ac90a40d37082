import assert from "node:assert/strict";
import { loadOpenAiEmbeddings, MAX_BATCH } from "../../src/knowledge/openai_embedder.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";

async function embedder(
  endpoint: EmbeddingsEndpoint,
  options: { timeoutMs?: number; retries?: number } = {},
) {
  const { timeoutMs = 10_000, retries = 0 } = options;
  const settings = {
    apiKey: "sk-test",
    baseUrl: endpoint.url,
    model: "text-embedding-3-small",
    timeoutMs,
    retries,
  };
  return (await loadOpenAiEmbeddings(settings)).of(64);
}

Deno.test("Embeddings are asked for in batches, and come back in the order of the texts", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  const texts = Array.from({ length: MAX_BATCH + 3 }, (_, index) => `text number ${index}`);
  const openai = await embedder(endpoint);
  assert.equal(openai.space, "text-embedding-3-small/64");
  assert.deepEqual(await openai.embed(texts), await new NgramEmbedder(64).embed(texts));
  const [first, second] = endpoint.requests;
  assert.deepEqual([first.input.length, second.input.length], [MAX_BATCH, 3]);
  assert.deepEqual(
    [first.model, first.dimensions, first.encoding_format, first.authorization],
    ["text-embedding-3-small", 64, "base64", "Bearer sk-test"],
  );
});

Deno.test("A server that sends numbers whatever was asked for is understood, and its vectors scaled to length 1", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  const embedding = [3, 4, ...Array<number>(62).fill(0)];
  endpoint.refuse = () => Response.json({ data: [{ index: 0, embedding }] });
  const [vector] = await (await embedder(endpoint)).embed(["x"]);
  assert.deepEqual([...vector.subarray(0, 2)].map((value) => value.toFixed(3)), ["0.600", "0.800"]);
});

Deno.test("A server that refuses `dimensions` and the encoding is asked without them from then on", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  endpoint.refuse = ({ dimensions, input }) =>
    dimensions === undefined
      ? Response.json({ data: input.map((_, index) => ({ index, embedding: [1, ...Array(63).fill(0)] })) })
      : Response.json({ error: { message: "Unknown field: dimensions" } }, { status: 422 });
  const own = await embedder(endpoint);
  assert.equal((await own.embed(["x"]))[0].length, 64);
  assert.equal((await own.embed(["y", "z"])).length, 2);
  assert.deepEqual(endpoint.requests.map(({ dimensions }) => dimensions), [64, undefined, undefined]);
});

Deno.test("A server without a key gets none, and another length than its own is told", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  endpoint.refuse = () => Response.json({ data: [{ index: 0, embedding: [1, 0, 0] }] });
  const settings = { apiKey: undefined, baseUrl: endpoint.url, model: "tiny", timeoutMs: 10_000, retries: 0 };
  const own = (await loadOpenAiEmbeddings(settings)).of(64);
  await assert.rejects(own.embed(["x"]), { code: "embedding_failed", message: /write "dimensions": 3 into/ });
  assert.equal(endpoint.requests[0].authorization, null);
});

Deno.test("A failure that passes is tried again; one that does not is an error", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  let refusals = 1;
  endpoint.refuse = () =>
    refusals-- > 0
      ? Response.json({ error: { message: "slow down" } }, {
        status: 429,
        headers: { "retry-after-ms": "1" },
      })
      : undefined;
  const openai = await embedder(endpoint, { retries: 1 });
  assert.equal((await openai.embed(["x"])).length, 1);
  refusals = 2;
  await assert.rejects(openai.embed(["x"]), { code: "embedding_failed", message: /429/ });
});

Deno.test("Vectors of another number or length than asked for are refused", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  const openai = await embedder(endpoint);
  endpoint.refuse = () => Response.json({ data: [] });
  await assert.rejects(openai.embed(["x"]), {
    code: "embedding_failed",
    message: /1 vectors of 64 .* 0 of 0 came/,
  });
  endpoint.refuse = () => Response.json({ data: [{ index: 0, embedding: [1, 0] }] });
  await assert.rejects(openai.embed(["x"]), { code: "embedding_failed", message: /1 of 2 came/ });
});

Deno.test("Whoever asked can stop waiting, and gets the reason", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  const asked = Promise.withResolvers<void>();
  endpoint.refuse = () => {
    asked.resolve();
    return new Promise<Response>((resolve) => setTimeout(() => resolve(new Response()), 50));
  };
  const abort = new AbortController();
  const embedding = (await embedder(endpoint)).embed(["x"], abort.signal);
  await asked.promise;
  const reason = new Error("hung up");
  abort.abort(reason);
  await assert.rejects(embedding, reason);
});

Deno.test("An answer without an end, packed or not, is an error once it is longer than any may be", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  const openai = await embedder(endpoint);
  for (const isPacked of [false, true]) {
    let sentBytes = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sentBytes += 65_536;
        if (sentBytes > 2 ** 28) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    endpoint.refuse = () =>
      new Response(isPacked ? endless.pipeThrough(new CompressionStream("gzip")) : endless, {
        headers: { "content-type": "application/json", ...isPacked && { "content-encoding": "gzip" } },
      });
    await assert.rejects(openai.embed(["x"]), { code: "embedding_failed", message: /more than \d+ bytes/ });
    if (!isPacked) assert.ok(sentBytes < 2 ** 28, `${sentBytes} bytes were taken`);
  }
});
