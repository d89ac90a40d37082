// A program of its own, started by `tests/e2e/service_rounds_test.ts` with `--expose-gc`: opens everything that a call can
// need, lets go of it, and waits until it is closed, a hundred times. Of the later rounds it writes a line of JSON each.
//
// Arguments: a folder for data; the URL of an embeddings endpoint; the URI of a MongoDB, empty for SQLite; and `leak` to keep
// hold of each closed service.

import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { knowledgeKind } from "../../src/services/knowledge_services.ts";
import { mongoConnection } from "../../src/services/mongo_connection.ts";
import { createRecorder } from "../../src/services/record_services.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { createLog } from "../../src/observability/log.ts";
import { ManualClock } from "./manual_clock.ts";
import { LOOPBACK_REQUESTS } from "./loopback_requests.ts";

/** What is left after a round. */
export interface RoundLevel {
  readonly round: number;
  /** Bytes of V8's heap, after a collection. */
  readonly heapUsed: number;
  /** Open files and sockets. */
  readonly descriptors: number;
}

const ROUNDS = 100;
/** The first ones leave what is kept: compiled code, connections that the runtime keeps alive. */
const WARM_UP_ROUNDS = 50;
const IDLE_STEP_MS = 60_000;

const [dataDir, openaiBaseUrl, uri, leak] = Deno.args;
const { gc } = globalThis as { gc?: () => void };
assert.ok(gc, "started with --expose-gc");
const clock = new ManualClock();
const log = createLog(); // writes nothing, as it is not configured
const registry = new ServiceRegistry(clock, log);
const config = { dataDir, openaiApiKey: "sk-test", openaiBaseUrl, embeddingModel: "text-embedding-3-small" };
const parts = { config, registry, mongo: uri ? mongoConnection(uri) : undefined, clock, log };
const knowledge = knowledgeKind(parts);
const recorder = createRecorder({
  ...parts,
  businessOf: () => DEFAULT_BUSINESS,
  source: undefined,
  requests: LOOPBACK_REQUESTS,
});
const leaked: unknown[] = [];

async function useAll(): Promise<void> {
  using lease = await registry.acquire(knowledge, "shop");
  const { by } = await lease.service.search("Where is the key?", DEFAULT_KNOWLEDGE);
  assert.equal(by, "meaning_and_words");
  assert.equal(await recorder.records.get(`CA${"0".repeat(32)}`), undefined);
  const open = registry.report().map(({ name }) => name).sort();
  assert.deepEqual(open, ["knowledge", ...uri ? ["mongodb"] : [], "openai", "records"]);
  if (leak) leaked.push(lease.service);
}

async function letGo(): Promise<void> {
  while (registry.report().length > 0) {
    clock.advance(IDLE_STEP_MS);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (let round = 1; round <= ROUNDS; round++) {
  await useAll();
  await letGo();
  if (round <= WARM_UP_ROUNDS) continue;
  gc();
  const { heapUsed } = Deno.memoryUsage();
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].length;
  console.log(JSON.stringify({ round, heapUsed, descriptors } satisfies RoundLevel));
}
await recorder[Symbol.asyncDispose]();
await registry[Symbol.asyncDispose]();
