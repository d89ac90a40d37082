import assert from "node:assert/strict";
import type { RecordStore } from "../../src/records/record_store.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { DatabaseSync } from "node:sqlite";
import { recordWith } from "./records.ts";
import { NOW, recordStoreContract } from "./record_store_contract.ts";

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

recordStoreContract((name, run) =>
  Deno.test(`SqliteRecordStore ${name}`, async () => {
    using folder = new TempFolder();
    const open = () => SqliteRecordStore.open(`${folder.path}/records.db`, () => NOW);
    using a = await open();
    using b = await open();
    await run(a, b);
  })
);

recordStoreContract((name, run) =>
  Deno.test(`The documentation's MemoryRecordStore ${name}`, async () => {
    const store = await exampleStore();
    await run(store, store);
  })
);

Deno.test("SqliteRecordStore says that its file cannot be opened", async () => {
  using temp = new TempFolder();
  temp.write("taken", "a file in the folder's place");
  await assert.rejects(SqliteRecordStore.open(`${temp.path}/taken/records.db`, () => NOW), /taken/);
});

Deno.test("SqliteRecordStore waits for a process that makes the same file, and serves calls meanwhile", async () => {
  using temp = new TempFolder();
  const path = `${temp.path}/records.db`;
  using other = new DatabaseSync(path);
  other.exec("CREATE TABLE begun (id INTEGER); BEGIN EXCLUSIVE");
  const opening = SqliteRecordStore.open(path, () => NOW);
  let turns = 0;
  for (; turns < 10; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  other.exec("COMMIT");
  using store = await opening;
  await store.put(recordWith({ callSid: "CA1" }));
  assert.equal((await store.get("CA1"))?.callSid, "CA1");
});

Deno.test("SqliteRecordStore makes its file without waiting for the disk, and waits for it at checkpoints alone", async () => {
  using temp = new TempFolder();
  const path = `${temp.path}/records.db`;
  const { exec } = DatabaseSync.prototype;
  const seen: unknown[] = [];
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql);
    if (sql.includes("journal_mode")) seen.push(this.prepare("PRAGMA synchronous").get()?.synchronous);
  };
  const [OFF, NORMAL] = [0, 1];
  try {
    (await SqliteRecordStore.open(path, () => NOW))[Symbol.dispose]();
    assert.deepEqual(seen, [OFF, NORMAL]);
    (await SqliteRecordStore.open(path, () => NOW))[Symbol.dispose]();
    assert.deepEqual(seen, [OFF, NORMAL, NORMAL]);
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
});

Deno.test("SqliteRecordStore has put a record once its log is on the disk, and holds nobody up meanwhile", async () => {
  using temp = new TempFolder();
  using store = await SqliteRecordStore.open(`${temp.path}/records.db`, () => NOW);
  const { syncData } = Deno.FsFile.prototype;
  const syncs: (() => void)[] = [];
  Deno.FsFile.prototype.syncData = () => new Promise((resolve) => syncs.push(resolve));
  const until = async (count: number) => {
    while (syncs.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  try {
    const done: string[] = [];
    const put = (callSid: string) => store.put(recordWith({ callSid })).then(() => void done.push(callSid));
    const [first] = [put("CA1")];
    await until(1);
    const later = [put("CA2"), put("CA3")]; // after the sync began, so it does not count for them
    assert.deepEqual(done, []);
    assert.ok(await store.get("CA3"));
    syncs[0]();
    await first;
    await until(2);
    assert.deepEqual(done, ["CA1"]);
    syncs[1]();
    await Promise.all(later);
    assert.deepEqual([done, syncs.length], [["CA1", "CA2", "CA3"], 2]);
  } finally {
    Deno.FsFile.prototype.syncData = syncData;
  }
});

Deno.test("SqliteRecordStore deletes what a pause has left to expire, and lets calls go on meanwhile", async () => {
  using temp = new TempFolder();
  using store = await SqliteRecordStore.open(`${temp.path}/records.db`, () => NOW);
  const transcript = Array.from({ length: 40 }, (_, turn) => ({
    kind: "user" as const,
    atMs: turn,
    text: `the caller says word${turn} and number${turn * 7} of the appointment`,
  }));
  const expiresAt = new Date(NOW - 1).toISOString();
  const put = (callSid: string) => store.put(recordWith({ callSid, expiresAt, transcript }));
  const sids = Array.from({ length: 200 }, (_, index) => `CA${index}`);
  await Promise.all(sids.map(put));
  await store.put(recordWith({ callSid: "CAkept", expiresAt: new Date(NOW + 1).toISOString() }));
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  assert.equal(await store.deleteExpired(NOW), sids.length);
  clearInterval(counting);
  assert.ok(turns > 100, `other work had its turn ${turns} times`);
  assert.equal(await store.deleteExpired(NOW), 0);
  assert.equal((await store.list({ limit: 10 })).records.length, 1);
  await Promise.all(sids.map(put));
  const stopped = await store.deleteExpired(NOW, AbortSignal.timeout(1));
  assert.ok(stopped > 0 && stopped < sids.length, `${stopped} were deleted before the end`);
});

Deno.test("SqliteRecordStore finds what a version without a search has written", async () => {
  using temp = new TempFolder();
  {
    using old = new DatabaseSync(`${temp.path}/records.db`);
    old.exec(`CREATE TABLE calls (
      call_sid TEXT PRIMARY KEY, business TEXT NOT NULL, started_at TEXT NOT NULL, expires_at TEXT, record TEXT NOT NULL
    ) STRICT`);
    const insert = old.prepare("INSERT INTO calls VALUES (?, 'acme', ?, NULL, ?)");
    for (let number = 0; number < 50; number++) {
      const text = `This is call ${number}.`;
      const record = recordWith({ callSid: `CA${number}`, transcript: [{ kind: "user", atMs: 1, text }] });
      insert.run(record.callSid, record.startedAt, JSON.stringify(record));
    }
  }
  using store = await SqliteRecordStore.open(`${temp.path}/records.db`, () => NOW);
  const found = async (text: string) =>
    (await store.list({ limit: 100, text })).records.map(({ callSid }) => callSid);
  assert.deepEqual(await found("call 42"), ["CA42"]);
  assert.equal((await found("this is")).length, 50);
});
