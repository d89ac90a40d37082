import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import type { KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import type { RecordStore } from "../../src/records/record_store.ts";
import { knowledgeKind } from "../../src/services/knowledge_services.ts";
import { createRecorder } from "../../src/services/record_services.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { recordWith } from "../records/records.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";

Deno.test("createRecorder() keeps records in a store of the user's own, and opens no other", async () => {
  using folder = new TempFolder();
  const [clock, log] = [new ManualClock(), new RecordingLog()];
  await using registry = new ServiceRegistry(clock, log);
  const records = new Map<string, CallRecord>();
  const store: RecordStore = {
    put: (record) => Promise.resolve(records.set(record.callSid, record)).then(() => record),
    get: (callSid) => Promise.resolve(records.get(callSid)),
    spent: () => Promise.resolve({ durationMs: 0, costUsd: 0 }),
    deleteExpired: () => Promise.resolve(0),
  };
  const config = { dataDir: folder.path };
  await using recorder = createRecorder({
    config,
    registry,
    store,
    mongo: undefined,
    businessOf: () => DEFAULT_BUSINESS,
    source: undefined,
    requests: LOOPBACK_REQUESTS,
    clock,
    log,
  });
  await recorder.begun(DEFAULT_BUSINESS.records, recordWith).ended(recordWith());
  await eventually("the record is stored", () => records.has("CA1"));
  assert.equal((await recorder.records.get("CA1"))?.record.callSid, "CA1");
  assert.deepEqual(registry.report(), []);
});

Deno.test("knowledgeKind() opens stores of the user's own, one for each business, and disposes of them when idle", async () => {
  const [clock, log] = [new ManualClock(), new RecordingLog()];
  await using registry = new ServiceRegistry(clock, log);
  const events: string[] = [];
  const openStore = (businessId: string): KnowledgeStore => {
    events.push(`open ${businessId}`);
    const text = `The key of ${businessId} is under the mat.`;
    return {
      missing: (ids) => Promise.resolve(new Set(ids)),
      put: () => Promise.resolve(),
      retain: () => Promise.resolve(0),
      size: () => Promise.resolve({ chunks: 1, embedded: 0, sources: 1 }),
      searchWords: () =>
        Promise.resolve([{ chunk: { id: "1", source: "house", heading: "", text }, score: 1 }]),
      searchVector: () => Promise.resolve([]),
      [Symbol.asyncDispose]: () => Promise.resolve(void events.push(`close ${businessId}`)),
    };
  };
  const config = { dataDir: "/none", openaiBaseUrl: "http://127.0.0.1:1", embeddingModel: "none" };
  const kind = knowledgeKind({ config, registry, openStore, mongo: undefined, clock, log });
  for (const business of ["north", "south", "north"]) {
    using lease = await registry.acquire(kind, business);
    const { hits: [{ chunk }], by } = await lease.service.search("Where is the key?", DEFAULT_KNOWLEDGE);
    assert.equal(chunk.text, `The key of ${business} is under the mat.`);
    assert.equal(by, "words");
  }
  assert.deepEqual(events, ["open north", "open south"]);
  clock.advance(60_000);
  await eventually("both are closed", () => events.length === 4);
  assert.deepEqual(events.slice(2).sort(), ["close north", "close south"]);
});
