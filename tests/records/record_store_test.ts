import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import { MongoRecordStore } from "../../src/records/mongo_store.ts";
import type { RecordStore } from "../../src/records/record_store.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { IS_EXTERNAL, mongoTest } from "../support/mongo/mongo_server.ts";
import { recordWith } from "./records.ts";

const NOW = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;

interface StoreTestOptions {
  /** FerretDB finds and changes a document in two steps, MongoDB in one: only there the test holds. */
  needsAtomicUpdates?: boolean;
}

/** The store in the example of `RecordStore`'s documentation. */
async function exampleStore(): Promise<RecordStore> {
  const url = new URL("../../src/records/record_store.ts", import.meta.url);
  const example = /@example[^]*?```ts\n([^]*?) \* ```/.exec(await Deno.readTextFile(url))?.[1];
  assert.ok(example, "there is an example");
  const code = `${example.replace(/^ \* ?/gm, "")}\nexport { MemoryRecordStore };`.replace(
    '"slimline"',
    `"${url}"`,
  );
  const { MemoryRecordStore } = await import(`data:application/typescript,${encodeURIComponent(code)}`);
  return new MemoryRecordStore(() => NOW);
}

/** The same tests for all stores; `run` gets two that share their data, as two servers do. */
function storeTest(
  name: string,
  run: (a: RecordStore, b: RecordStore) => Promise<void>,
  { needsAtomicUpdates = false }: StoreTestOptions = {},
): void {
  Deno.test(`SqliteRecordStore ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      using a = await SqliteRecordStore.open(`${folder}/records.db`, () => NOW);
      using b = await SqliteRecordStore.open(`${folder}/records.db`, () => NOW);
      await run(a, b);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
  Deno.test(`The documentation's MemoryRecordStore ${name}`, async () => {
    const store = await exampleStore();
    await run(store, store);
  });
  if (needsAtomicUpdates && !IS_EXTERNAL) return;
  mongoTest(`MongoRecordStore ${name}`, async (server) => {
    await using client = server.client();
    const open = () => MongoRecordStore.open(client.db(), () => NOW);
    await run(await open(), await open());
  });
}

storeTest("gives back what was put in, whatever it holds", async (a, b) => {
  const text = 'NUL \0, "quotes", $set, a.b, ümlaut 漢字 🍕';
  const record = recordWith({ transcript: [{ kind: "user", atMs: 1, text }], costUsd: null });
  assert.deepEqual(await a.put(record), record);
  assert.deepEqual(await b.get("CA1"), record);
  assert.equal(await b.get("CA2"), undefined);
});

storeTest("has one record of a call, however often it is put", async (a, b) => {
  const first = recordWith({ reason: "suspended" });
  const last = recordWith({ durationMs: 90_000, streams: 2 });
  for (const record of [first, first, last, first]) await a.put(record);
  assert.deepEqual(await b.put(last), last);
  assert.deepEqual(await a.get("CA1"), last);
});

storeTest("loses nothing when two servers write the same call at the same time", async (a, b) => {
  const at = (minute: number) => recordWith({ startedAt: new Date(NOW + minute * 60_000).toISOString() });
  await Promise.all([a.put(at(1)), b.put(at(2)), a.put(at(3)), b.put(at(4))]);
  const record = await a.get("CA1");
  assert.deepEqual(
    [...record!.earlier, record!].map(({ startedAt }) => startedAt),
    [1, 2, 3, 4].map(at).map((r) => r.startedAt),
  );
}, { needsAtomicUpdates: true });

storeTest("deletes what is due, and shows none of it before", async (a) => {
  const expiring = (days: number | null) =>
    days === null ? null : new Date(NOW + days * DAY_MS).toISOString();
  await a.put(recordWith({ callSid: "CA1", expiresAt: expiring(-1) }));
  await a.put(recordWith({ callSid: "CA2", expiresAt: expiring(1) }));
  await a.put(recordWith({ callSid: "CA3", expiresAt: expiring(null) }));
  assert.equal(await a.get("CA1"), undefined);
  assert.equal(await a.deleteExpired(NOW), 1);
  assert.equal(await a.deleteExpired(NOW), 0);
  assert.equal((await a.get("CA2"))?.callSid, "CA2");
  assert.equal(await a.deleteExpired(NOW + 2 * DAY_MS), 1);
  assert.equal((await a.get("CA3"))?.callSid, "CA3");
});

storeTest("tells what the calls of a business took that ended within a span of time", async (a) => {
  const call = (callSid: string, ended: string, changes: Partial<CallRecord> = {}) =>
    a.put(recordWith({ callSid, startedAt: "2026-01-01T22:00:00.000Z", endedAt: ended, ...changes }));
  await call("CA1", "2026-01-01T23:59:59.999Z");
  await call("CA2", "2026-01-02T00:00:00.000Z", { durationMs: 90_000, costUsd: 0.5 });
  await call("CA3", "2026-01-02T11:59:59.999Z", { costUsd: null });
  await call("CA4", "2026-01-02T12:00:00.000Z");
  await call("CA5", "2026-01-02T01:00:00.000Z", { business: "another" });
  const [from, until] = [Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 2, 12)];
  assert.deepEqual(await a.spent("acme", from, until), { durationMs: 150_000, costUsd: 0.5 });
  assert.deepEqual(await a.spent("nobody", from, until), { durationMs: 0, costUsd: 0 });
});

Deno.test("SqliteRecordStore says that its file cannot be opened", async () => {
  await assert.rejects(SqliteRecordStore.open("/tmp/no/such/folder/records.db", () => NOW), /unable to open/);
});
