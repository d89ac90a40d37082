import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { recordWith } from "../records/records.ts";
import { eventually } from "../support/eventually.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";
import { fileRecorder, PLAIN_SETTINGS } from "../support/file_recorder.ts";
import { CAN_MOUNT, SmallDisk } from "../support/small_disk.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";

const MEGABYTE = 2 ** 20;
const CALLS = ["CA1", "CA2", "CA3"];

/** A record that is not due to be deleted yet. */
function freshRecord(callSid: string, reason = "caller_hung_up"): CallRecord {
  return recordWith({ callSid, reason, endedAt: new Date().toISOString() });
}

/** Processes one after the other on one disk, with the real clock and the real store. */
class DiskRig implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly log = new RecordingLog();
  readonly dataDir: string;
  settings = PLAIN_SETTINGS;

  constructor(readonly disk: SmallDisk) {
    this.dataDir = `${disk.path}/data`;
  }

  process(): Recorder {
    return fileRecorder(this.dataDir, {
      settingsOf: () => this.settings,
      requests: LOOPBACK_REQUESTS,
      clock: this.clock,
      log: this.log,
    });
  }

  /** CallSids of all records in the store that are whole. */
  async stored(): Promise<string[]> {
    using store = await SqliteRecordStore.open(`${this.dataDir}/records.db`, Date.now);
    const records = await Promise.all(CALLS.map((callSid) => store.get(callSid)));
    return records.flatMap((record) => record && !record.isPartial ? [record.callSid] : []);
  }

  checkpoints(): string[] {
    return this.disk.names("data/live").flatMap((folder) => this.disk.names(`data/live/${folder}`))
      .filter((name) => name.endsWith(".json"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disk[Symbol.asyncDispose]();
  }
}

function diskTest(name: string, test: (rig: DiskRig) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !CAN_MOUNT,
    fn: async () => {
      await using rig = new DiskRig((await SmallDisk.mount(MEGABYTE))!);
      await test(rig);
    },
  });
}

diskTest("A disk that is full for a moment loses no record of the calls that end meanwhile", async (rig) => {
  await using recorder = rig.process();
  await recorder.start();
  const calls = CALLS.map((callSid) =>
    recorder.begun(PLAIN_SETTINGS, () => freshRecord(callSid, "in_progress"))
  );
  await eventually("each call has a checkpoint", () => rig.checkpoints().length === CALLS.length);
  rig.disk.fill();
  await Promise.all(calls.map((call, index) => call.ended(freshRecord(CALLS[index]))));
  assert.equal(rig.checkpoints().length, CALLS.length, "no checkpoint goes before the record is safe");
  rig.disk.empty();
  await eventually("all are stored", async () => (await rig.stored()).length === CALLS.length);
  await eventually("no checkpoint is left", () => rig.checkpoints().length === 0);
  for (const event of ["outbox_failed", "checkpoints_fail"]) {
    assert.ok(rig.log.names.includes(event), rig.log.names.join());
  }
});

diskTest(
  "A record that a full disk kept in memory is found, and survives the end of the process as its checkpoint",
  async (rig) => {
    {
      await using dying = rig.process();
      await dying.start();
      const call = dying.begun(PLAIN_SETTINGS, () => freshRecord("CA1", "in_progress"));
      await eventually("it has a checkpoint", () => rig.checkpoints().length === 1);
      rig.disk.fill();
      await call.ended(freshRecord("CA1"));
      assert.deepEqual(dying.waiting, { disk: 1, store: 0, webhook: 0, recording: 0 });
      const found = await dying.records.get("CA1");
      assert.deepEqual([found?.record.reason, found?.waitsFor], ["caller_hung_up", ["disk"]]);
    }
    assert.ok(rig.log.names.includes("record_left"), rig.log.names.join());
    assert.equal(rig.checkpoints().length, 1);
    await using next = rig.process();
    await next.start();
    rig.disk.empty();
    await eventually(
      "the call is stored",
      async () => (await next.records.get("CA1"))?.waitsFor.length === 0,
    );
  },
);

diskTest(
  "A disk that refuses changes for a while loses nothing, and a record is not sent twice for it",
  async (rig) => {
    await using endpoint = new WebhookEndpoint();
    const settings = { ...PLAIN_SETTINGS, webhook: { url: endpoint.url, signingSecret: undefined } };
    rig.settings = settings;
    await using recorder = rig.process();
    await recorder.start();
    endpoint.status = 500;
    await recorder.begun(settings, () => freshRecord("CA1")).ended(freshRecord("CA1"));
    await eventually("it was tried to send it", () => endpoint.received.length > 0);
    const call = recorder.begun(settings, () => freshRecord("CA2", "in_progress"));
    await eventually("CA2 has a checkpoint", () => rig.checkpoints().length === 1);
    await rig.disk.setImmutable("data", true);
    const times = (callSid: string) =>
      endpoint.received.filter(({ body }) => JSON.parse(body).record.callSid === callSid).length;
    endpoint.status = 200;
    const refused = times("CA1"); // once, or more often where the machine is slow
    await call.ended(freshRecord("CA2"));
    await eventually("CA1 has arrived", () => times("CA1") === refused + 1);
    await eventually(
      "it could not be deleted",
      () => rig.log.events.some(({ attributes }) => /not permitted/.test(String(attributes.message))),
    );
    assert.equal(rig.checkpoints().length, 1);
    await rig.disk.setImmutable("data", false);
    await eventually("CA2 is stored", async () => (await rig.stored()).length === 2);
    await eventually(
      "nothing waits",
      () => Object.values(recorder.waiting).every((count) => count === 0),
    );
    assert.deepEqual([times("CA1"), times("CA2")], [refused + 1, 1]);
  },
);

diskTest(
  "Knowledge that a full disk does not take is told as such, and what was there stays",
  async (rig) => {
    const folder = `${rig.dataDir}/knowledge`;
    await using store = await SqliteKnowledgeStore.open(folder, "acme");
    const chunk = (id: string, text: string) => ({
      chunk: { id, source: "a.md", heading: "", text },
      vector: undefined,
    });
    await store.put([chunk("1", "a short text")], undefined);
    rig.disk.fill();
    const full = { code: "knowledge_disk_full", message: /^The disk that holds .*\.sqlite is full\./ };
    await assert.rejects(store.put([chunk("2", "word ".repeat(100_000))], undefined), full);
    await assert.rejects(SqliteKnowledgeStore.open(folder, "other"), full);
    assert.deepEqual(await store.size(undefined), { chunks: 1, embedded: 0, sources: 1 });
    rig.disk.empty();
    await store.put([chunk("2", "word ".repeat(10_000))], undefined);
    assert.equal((await store.size(undefined)).chunks, 2);
  },
);
