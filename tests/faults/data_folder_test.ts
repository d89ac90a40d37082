import assert from "node:assert/strict";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { modesBelow, openOnes } from "./modes.ts";
import { recordWith } from "../records/records.ts";
import { eventually } from "../support/eventually.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { PLAIN_SETTINGS } from "../support/file_recorder.ts";

/** What a store says that is away. */
const STORE_AWAY = "away";

function freshRecord(callSid: string, reason = "caller_hung_up"): CallRecord {
  return recordWith({ callSid, reason, endedAt: new Date().toISOString() });
}

/** A process with its store in a folder to which things happen. */
class FolderRig implements AsyncDisposable {
  readonly log = new RecordingLog();
  isStoreAway = false;
  /** Happens right after a record has been stored. */
  onStored: () => Promise<void> | void = () => {};
  readonly recorder: Recorder;

  private constructor(readonly temp: TempFolder, readonly store: SqliteRecordStore) {
    this.recorder = new Recorder({
      dataDir: `${temp.path}/data`,
      withStore: async (use) => {
        if (this.isStoreAway) throw new Error(STORE_AWAY);
        const result = await use(store);
        await this.onStored();
        return result;
      },
      settingsOf: () => PLAIN_SETTINGS,
      clock: new SystemClock(),
      log: this.log,
    });
  }

  static async create(): Promise<FolderRig> {
    const temp = new TempFolder();
    const rig = new FolderRig(temp, await SqliteRecordStore.open(`${temp.path}/data/records.db`, Date.now));
    await rig.recorder.start();
    return rig;
  }

  /** What the deliveries failed with, so far. */
  failures(): unknown[] {
    return this.log.events.filter(({ event }) => event === "delivery_failed")
      .map(({ attributes }) => attributes.message);
  }

  checkpoints(): string[] {
    return this.temp.names("data/live").flatMap((folder) => this.temp.names(`data/live/${folder}`))
      .filter((name) => name.endsWith(".json"));
  }

  async call(callSid: string): Promise<void> {
    await this.recorder.begun(PLAIN_SETTINGS, () => freshRecord(callSid, "in_progress")).ended(
      freshRecord(callSid),
    );
  }

  async isStored(callSid: string): Promise<boolean> {
    using store = await SqliteRecordStore.open(`${this.temp.path}/data/records.db`, Date.now);
    return await store.get(callSid) !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]();
    this.store[Symbol.dispose]();
    this.temp[Symbol.dispose]();
  }
}

for (const gone of ["data/live", "data/outbox", "data/outbox/store", "data/records.db", "data"]) {
  Deno.test(`Records are kept when ${gone} is removed under a running server`, async () => {
    await using rig = await FolderRig.create();
    await rig.call("CA1");
    await eventually("the first is stored", () => rig.isStored("CA1"));
    const during = rig.recorder.begun(PLAIN_SETTINGS, () => freshRecord("CA2", "in_progress"));
    await eventually("it has a checkpoint", () => rig.checkpoints().length === 1);
    await Deno.remove(`${rig.temp.path}/${gone}`, { recursive: true });
    await during.ended(freshRecord("CA2"));
    await rig.call("CA3");
    await eventually("both are stored", async () => await rig.isStored("CA2") && await rig.isStored("CA3"));
    rig.recorder.begun(PLAIN_SETTINGS, () => freshRecord("CA4", "in_progress"));
    await eventually("the next call has a checkpoint", () => rig.checkpoints().length === 1);
    assert.ok(!rig.log.names.includes("record_lost"), rig.log.names.join());
  });
}

Deno.test("Records that wait in a folder that goes and comes back are delivered then", async () => {
  await using rig = await FolderRig.create();
  rig.isStoreAway = true;
  await rig.call("CA1");
  const [outbox, away] = [`${rig.temp.path}/data/outbox`, `${rig.temp.path}/away`];
  await Deno.rename(outbox, away);
  // Only then may the store come back: what was read before the folder went can still be stored.
  await eventually("it is tried in vain", () => rig.failures().some((message) => message !== STORE_AWAY));
  rig.isStoreAway = false;
  assert.equal(rig.recorder.waiting.store, 1);
  assert.equal(await rig.isStored("CA1"), false);
  await Deno.rename(away, outbox);
  await eventually("it is stored", () => rig.isStored("CA1"));
  await eventually("it waits no more", () => rig.recorder.waiting.store === 0);
  assert.deepEqual(rig.temp.names("data/outbox/store"), []);
});

Deno.test("A record that is stored while its folder is away is deleted from it as that comes back", async () => {
  await using rig = await FolderRig.create();
  const [outbox, away] = [`${rig.temp.path}/data/outbox`, `${rig.temp.path}/away`];
  rig.onStored = () => Deno.rename(outbox, away);
  await rig.call("CA1");
  await eventually("its file is looked for in vain", () => rig.failures().length > 0);
  assert.equal(await rig.isStored("CA1"), true);
  rig.onStored = () => assert.fail("it is stored once");
  await Deno.rename(away, outbox);
  await eventually("it is deleted", () => rig.temp.names("data/outbox/store").length === 0);
  await eventually("it waits no more", () => rig.recorder.waiting.store === 0);
});

Deno.test("Checkpoints whose lock was removed are not taken for those of a dead process once they are written again", async () => {
  await using rig = await FolderRig.create();
  rig.recorder.begun(PLAIN_SETTINGS, () => freshRecord("CA1", "in_progress"));
  await eventually("it has a checkpoint", () => rig.checkpoints().length === 1);
  const [folder] = rig.temp.names("data/live");
  await Deno.remove(`${rig.temp.path}/data/live/${folder}/lock`);
  rig.recorder.begun(PLAIN_SETTINGS, () => freshRecord("CA2", "in_progress"));
  await eventually("the next has one", () => rig.checkpoints().length === 2);
  await using other = new Recorder({
    dataDir: `${rig.temp.path}/data`,
    withStore: (use) => use(rig.store),
    settingsOf: () => PLAIN_SETTINGS,
    clock: new SystemClock(),
    log: rig.log,
  });
  await other.start();
  assert.equal(rig.checkpoints().length, 2);
  assert.ok(!rig.log.names.includes("call_recovered"));
});

Deno.test("Nobody but the server's user can read what it writes", async () => {
  await using rig = await FolderRig.create();
  rig.isStoreAway = true;
  await rig.call("CA1");
  rig.isStoreAway = false;
  await rig.store.put(freshRecord("CA2"));
  rig.recorder.begun(PLAIN_SETTINGS, () => freshRecord("CA3", "in_progress"));
  await eventually("it has a checkpoint", () => rig.checkpoints().length === 1);
  await using knowledge = await SqliteKnowledgeStore.open(`${rig.temp.path}/data/knowledge`, "acme");
  await knowledge.put(
    [{ chunk: { id: "1", source: "a", heading: "", text: "b" }, vector: undefined }],
    undefined,
  );
  const modes = modesBelow(rig.temp.path);
  for (const name of ["data", "data/records.db", "data/records.db-wal", "data/knowledge/acme.sqlite-shm"]) {
    assert.ok(name in modes, `${name} is there`);
  }
  assert.deepEqual(openOnes(rig.temp.path), [], JSON.stringify(modes, null, 1));
});

Deno.test("What an earlier version left open to others is closed to them at the start, and nothing else is touched", async () => {
  using temp = new TempFolder();
  for (
    const name of [
      "records.db",
      "records.db-wal",
      "outbox/store/000000000000001_0_acme.json.part",
      "live/dead/lock",
      "knowledge/acme.sqlite",
      "notes.txt",
    ]
  ) await Deno.chmod(temp.write(`data/${name}`, ""), 0o644);
  const log = new RecordingLog();
  await using recorder = new Recorder({
    dataDir: `${temp.path}/data`,
    withStore: () => Promise.reject(new Error("away")),
    settingsOf: () => PLAIN_SETTINGS,
    clock: new SystemClock(),
    log,
  });
  await recorder.start();
  assert.ok(log.names.includes("data_folder_tightened"));
  assert.deepEqual(openOnes(temp.path).sort(), ["data", "data/notes.txt"]);
});
