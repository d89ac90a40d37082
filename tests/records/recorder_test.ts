import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import { mergeRecords } from "../../src/records/record_store.ts";
import { RecordRefusedError, type RecordStore, type Spent } from "../../src/records/record_store.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { MAX_HELD } from "../../src/records/outbox/held_records.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";
import { recordWith } from "./records.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";
import { PLAIN_SETTINGS } from "../support/file_recorder.ts";

const DAY_MS = 86_400_000;

/** A store in memory that can be out of reach. */
class MemoryStore implements RecordStore {
  readonly records = new Map<string, CallRecord>();
  failure: Error | undefined;
  puts = 0;

  put(record: CallRecord): Promise<CallRecord> {
    if (this.failure) return Promise.reject(this.failure);
    this.puts++;
    const merged = mergeRecords(this.records.get(record.callSid), record);
    this.records.set(record.callSid, merged);
    return Promise.resolve(merged);
  }

  get(callSid: string): Promise<CallRecord | undefined> {
    return Promise.resolve(this.records.get(callSid));
  }

  spent(): Promise<Spent> {
    if (this.failure) return Promise.reject(this.failure);
    return Promise.resolve({ durationMs: 60_000, costUsd: 0.01 });
  }

  deleteExpired(nowMs: number, _signal?: AbortSignal): Promise<number> {
    const expired = [...this.records.values()].filter(({ expiresAt }) => Date.parse(expiresAt!) <= nowMs);
    for (const { callSid } of expired) this.records.delete(callSid);
    return Promise.resolve(expired.length);
  }
}

/** Processes one after the other on the same folder and store. */
class Rig implements Disposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly store = new MemoryStore();
  settings = PLAIN_SETTINGS;

  private constructor(readonly temp: TempFolder) {}

  static create(): Rig {
    return new Rig(new TempFolder());
  }

  process(dataDir = this.temp.path): Recorder {
    return new Recorder({
      dataDir,
      withStore: (use) => use(this.store),
      settingsOf: () => this.settings,
      requests: LOOPBACK_REQUESTS,
      clock: this.clock,
      log: this.log,
    });
  }

  [Symbol.dispose](): void {
    assert.equal(this.clock.pending, 0, "no deadline is left");
    this.temp[Symbol.dispose]();
  }
}

Deno.test("Recorder stores a call once it is over, redacted, with its time to be deleted", async () => {
  using rig = Rig.create();
  {
    await using recorder = rig.process();
    await recorder.start();
    const raw = recordWith({
      transcript: [{ kind: "user", atMs: 0, text: "415 555 0123" }],
      expiresAt: null,
    });
    const call = recorder.begun({ ...PLAIN_SETTINGS, retentionDays: 7, redact: ["telephone"] }, () => raw);
    await call.ended(raw);
    await eventually("the record is stored", () => rig.store.puts === 1);
  }
  const record = rig.store.records.get("CA1")!;
  assert.equal(record.transcript[0].text, "[telephone number]");
  assert.equal(record.expiresAt, "2026-01-08T00:01:00.000Z");
  assert.deepEqual(rig.temp.names("outbox/store"), []);
  assert.deepEqual(rig.temp.names("live"), []);
});

Deno.test("Recorder writes nothing of a call that is neither to be kept nor sent", async () => {
  using rig = Rig.create();
  await using recorder = rig.process();
  const call = recorder.begun({ ...PLAIN_SETTINGS, retentionDays: 0 }, () => recordWith());
  await call.ended(recordWith());
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("Recorder loses nothing while the store is away, whatever becomes of the process", async () => {
  using rig = Rig.create();
  rig.store.failure = new Error("away");
  for (const callSid of ["CA1", "CA2"]) {
    await using recorder = rig.process();
    await recorder.start();
    await recorder.begun(PLAIN_SETTINGS, () => recordWith({ callSid })).ended(recordWith({ callSid }));
    assert.deepEqual(recorder.waiting, {
      disk: 0,
      store: callSid === "CA1" ? 1 : 2,
      webhook: 0,
      recording: 0,
    });
  }
  assert.equal(rig.temp.names("outbox/store").length, 2);
  rig.store.failure = undefined;
  await using recorder = rig.process();
  await recorder.start();
  await eventually("both are stored", () => rig.store.puts === 2);
  assert.deepEqual([...rig.store.records.keys()].toSorted(), ["CA1", "CA2"]);
  await eventually("nothing waits", () => recorder.waiting.store === 0);
});

Deno.test("Recorder finishes the calls that a dead process has left, as partial records", async () => {
  using rig = Rig.create();
  const { promise: killed, resolve: kill } = Promise.withResolvers<void>();
  {
    await using dying = rig.process();
    dying.begun(PLAIN_SETTINGS, () => recordWith({ reason: "in_progress" }));
    kill();
    await killed;
  }
  await using recorder = rig.process();
  await recorder.start();
  await eventually("the call is stored", () => rig.store.puts === 1);
  const { reason, isPartial, transcript, expiresAt } = rig.store.records.get("CA1")!;
  assert.deepEqual([reason, isPartial, transcript.length], ["server_died", true, 2]);
  assert.ok(expiresAt !== null);
});

Deno.test("Recorder sends the record to the business until it has arrived, with the same id", async () => {
  await using endpoint = new WebhookEndpoint();
  using rig = Rig.create();
  rig.settings = { ...PLAIN_SETTINGS, webhook: { url: endpoint.url, signingSecret: "s" } };
  endpoint.status = 500;
  {
    await using recorder = rig.process();
    await recorder.begun(rig.settings, () => recordWith()).ended(recordWith());
    await eventually("the webhook was tried", () => rig.log.names.includes("delivery_failed"));
  }
  assert.equal(rig.temp.names("outbox/webhook").length, 1);
  endpoint.status = 200;
  await using recorder = rig.process();
  await recorder.start();
  await eventually("the webhook has it", () => endpoint.received.length === 2);
  const [first, second] = endpoint.received.map(({ body }) => JSON.parse(body));
  assert.equal(first.delivery, second.delivery);
  assert.equal(second.record.callSid, "CA1");
  assert.equal(rig.store.puts, 1);
  await eventually("nothing waits", () => rig.temp.names("outbox/webhook").length === 0);
});

Deno.test("Recorder sends a record that is not to be kept, and stores none of it", async () => {
  await using endpoint = new WebhookEndpoint();
  using rig = Rig.create();
  rig.settings = {
    retentionDays: 0,
    redact: [],
    recordings: "link",
    deleteAtTwilio: false,
    webhook: { url: endpoint.url, signingSecret: undefined },
  };
  await using recorder = rig.process();
  await recorder.begun(rig.settings, () => recordWith()).ended(recordWith());
  await eventually("the webhook has it", () => endpoint.received.length === 1);
  assert.equal(rig.store.puts, 0);
  await eventually("nothing waits", () => rig.temp.names("outbox/webhook").length === 0);
});

Deno.test("Recorder whose folder cannot be used says so, stores without it, and holds what is not stored", async () => {
  using rig = Rig.create();
  const dataDir = `${rig.temp.path}/taken`;
  await Deno.writeTextFile(dataDir, "a file in the folder's place");
  {
    await using recorder = rig.process(dataDir);
    await recorder.start();
    assert.deepEqual(rig.log.names, ["data_folder_unusable"]);
    await recorder.begun(PLAIN_SETTINGS, () => recordWith()).ended(recordWith());
    assert.ok(rig.log.names.includes("outbox_failed"));
    assert.equal(rig.store.puts, 1);
    rig.store.failure = new Error("away");
    for (const callSid of ["CA2", "CA3"]) {
      await recorder.begun(PLAIN_SETTINGS, () => recordWith({ callSid })).ended(recordWith({ callSid }));
    }
    assert.deepEqual(recorder.waiting, { disk: 2, store: 0, webhook: 0, recording: 0 });
    rig.store.failure = undefined;
    rig.clock.advance(15_000);
    await eventually("both are stored past the disk", () => rig.store.puts === 3);
    rig.store.failure = new Error("away");
    const callSid = "CA4";
    await recorder.begun(PLAIN_SETTINGS, () => recordWith({ callSid })).ended(recordWith({ callSid }));
  }
  const lost = rig.log.events.filter(({ event }) => event === "record_lost");
  assert.deepEqual(
    lost.map(({ attributes }) => attributes.call),
    ["CA4"],
    "the process ends, and nothing took it",
  );
});

Deno.test("Recorder whose folder can be used again takes up what earlier processes left", async () => {
  using rig = Rig.create();
  {
    await using dying = rig.process();
    dying.begun(PLAIN_SETTINGS, () => recordWith({ reason: "in_progress" }));
  }
  const outbox = `${rig.temp.path}/outbox`;
  await Deno.remove(outbox, { recursive: true });
  await Deno.writeTextFile(outbox, "a file in the folder's place");
  await using recorder = rig.process();
  await recorder.start();
  assert.ok(rig.log.names.includes("data_folder_unusable"));
  await Deno.remove(outbox);
  rig.clock.advance(1_000);
  await eventually("the call is stored", () => rig.store.puts === 1);
  await eventually("the log says so", () => rig.log.names.includes("data_folder_usable"));
  assert.deepEqual(rig.log.names.slice(-2), ["call_recovered", "data_folder_usable"]);
});

Deno.test("Recorder holds a bounded number of records, and leaves the checkpoints of the others", async () => {
  using rig = Rig.create();
  const dataDir = `${rig.temp.path}/data`;
  rig.store.failure = new Error("away");
  {
    await using recorder = rig.process(dataDir);
    const calls = Array.from({ length: MAX_HELD + 2 }, (_, index) => {
      const record = recordWith({ callSid: `CA${index}` });
      return { record, call: recorder.begun(PLAIN_SETTINGS, () => record) };
    });
    await eventually("all have checkpoints", () => {
      const whole = (path: string) => rig.temp.names(path).filter((name) => !name.endsWith(".part"));
      const [folder] = whole("data/live");
      return folder !== undefined && whole(`data/live/${folder}`).length === calls.length + 1;
    });
    await Deno.writeTextFile(`${dataDir}/outbox`, "a file in the folder's place");
    await Promise.all(calls.map(({ call, record }) => call.ended(record)));
    assert.equal(recorder.waiting.disk, MAX_HELD);
    assert.equal(rig.log.names.filter((name) => name === "record_left").length, 2);
  }
  const checkpoints = rig.temp.names("data/live").flatMap((folder) => rig.temp.names(`data/live/${folder}`));
  assert.equal(checkpoints.length, MAX_HELD + 2 + 1, "and the lock");
});

Deno.test("Recorder finds a record that waits, in whichever process's outbox, whether the store answers or not", async () => {
  using rig = Rig.create();
  rig.store.failure = new Error("away");
  await using one = rig.process();
  await using other = rig.process();
  await Promise.all([one.start(), other.start()]);
  await one.begun(PLAIN_SETTINGS, () => recordWith()).ended(recordWith());
  assert.deepEqual(await other.records.get("CA1"), { record: recordWith(), waitsFor: ["store"] });
  assert.equal(await other.records.get("CA2"), undefined);
});

Deno.test("Recorder's end is bounded in time, and never fails, whatever hangs or is gone", async () => {
  await using endpoint = new WebhookEndpoint();
  endpoint.hangs = true;
  using temp = new TempFolder();
  const log = new RecordingLog();
  const webhook = { url: endpoint.url, signingSecret: undefined };
  const settings = { ...PLAIN_SETTINGS, webhook };
  const fresh = (callSid: string) => recordWith({ callSid, endedAt: new Date().toISOString() });
  let stoppedMs: number;
  {
    await using recorder = new Recorder({
      dataDir: temp.path,
      withStore: () => new Promise(() => {}),
      settingsOf: () => settings,
      requests: LOOPBACK_REQUESTS,
      clock: new SystemClock(),
      log,
    });
    await recorder.begun(settings, () => fresh("CA1")).ended(
      fresh("CA1"),
    );
    const sent = { ...settings, retentionDays: 0 };
    await recorder.begun(sent, () => fresh("CA2")).ended(fresh("CA2"));
    await eventually("the webhook was asked", () => endpoint.received.length === 1);
    recorder.begun(settings, () => recordWith({ callSid: "CA3" }));
    await Deno.remove(`${temp.path}/live`, { recursive: true });
    stoppedMs = performance.now();
  }
  const tookMs = performance.now() - stoppedMs;
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.equal(temp.names("outbox/store").length, 1);
  assert.equal(temp.names("outbox/webhook").length, 1);
});

Deno.test("Recorder lets go of a record that the store will never take", async () => {
  using rig = Rig.create();
  rig.store.failure = new RecordRefusedError("No.", new Error("too large"));
  await using recorder = rig.process();
  await recorder.begun(PLAIN_SETTINGS, () => recordWith()).ended(recordWith());
  await eventually("it is logged", () => rig.log.names.includes("record_lost"));
  await eventually("nothing waits", () => rig.temp.names("outbox/store").length === 0);
});

Deno.test("Recorder deletes records when their time has come, a minute after its start and every hour", async () => {
  using rig = Rig.create();
  await using recorder = rig.process();
  await rig.store.put(recordWith({ callSid: "CA1", expiresAt: "2026-01-01T00:00:30.000Z" }));
  await rig.store.put(recordWith({ callSid: "CA2", expiresAt: "2026-01-01T00:30:00.000Z" }));
  await rig.store.put(
    recordWith({ callSid: "CA3", expiresAt: new Date(rig.clock.epoch() + DAY_MS).toISOString() }),
  );
  rig.clock.advance(60_000);
  assert.deepEqual([...rig.store.records.keys()], ["CA2", "CA3"]);
  await settle();
  rig.clock.advance(3_600_000);
  assert.deepEqual([...rig.store.records.keys()], ["CA3"]);
  assert.equal((await recorder.records.get("CA3"))?.record.callSid, "CA3");
});

Deno.test("Recorder deletes once at a time, however long that takes, and its end waits for it", async () => {
  using rig = Rig.create();
  const deletions: PromiseWithResolvers<number>[] = [];
  rig.store.deleteExpired = () => {
    deletions.push(Promise.withResolvers<number>());
    return deletions.at(-1)!.promise;
  };
  const recorder = rig.process();
  rig.clock.advance(DAY_MS);
  assert.equal(deletions.length, 1);
  deletions[0].resolve(0);
  await eventually("the next one begins", () => {
    rig.clock.advance(3_600_000);
    return deletions.length === 2;
  });
  rig.clock.advance(DAY_MS);
  let isClosed = false;
  const closed = recorder[Symbol.asyncDispose]().then(() => isClosed = true);
  await settle();
  assert.equal(isClosed, false);
  deletions[1].resolve(0);
  await closed;
  assert.equal(deletions.length, 2);
});

Deno.test("Recorder breaks a deletion off that its end would have to wait for", async () => {
  using rig = Rig.create();
  rig.store.deleteExpired = (_, signal) =>
    new Promise((resolve) => signal?.addEventListener("abort", () => resolve(5)));
  const recorder = rig.process();
  rig.clock.advance(DAY_MS);
  await recorder[Symbol.asyncDispose]();
  assert.deepEqual(rig.log.names.filter((name) => /records_/.test(name)), ["records_expired"]);
});

Deno.test("Recorder tells what calls took, and says so when the store is out of reach", async () => {
  using rig = Rig.create();
  await using recorder = rig.process();
  assert.deepEqual(await recorder.records.spent("acme", 0, 1), { durationMs: 60_000, costUsd: 0.01 });
  rig.store.failure = new Error("away");
  assert.equal(await recorder.records.spent("acme", 0, 1), undefined);
  assert.deepEqual(rig.log.names, ["day_spending_unknown"]);
});

Deno.test("Recorder sends messages whole where the business wants them, and keeps them nowhere else", async () => {
  await using endpoint = new WebhookEndpoint();
  using rig = Rig.create();
  const webhook = { url: endpoint.url, signingSecret: undefined, messages: "whole" as const };
  rig.settings = {
    retentionDays: 30,
    redact: ["telephone"],
    recordings: "link",
    deleteAtTwilio: false,
    webhook,
  };
  const message = { atMs: 10, name: "Ann", number: "415 555 0123", text: "Call 415 555 0199." };
  const record = {
    ...recordWith({ transcript: [{ kind: "user", atMs: 0, text: "415 555 0123" }] }),
    messages: [message],
  };
  rig.store.failure = new Error("away"); // the message waits on the disk meanwhile
  {
    await using recorder = rig.process();
    await recorder.begun(rig.settings, () => record).ended(record);
    assert.deepEqual(Object.keys((await recorder.records.get("CA1"))!.record), Object.keys(recordWith()));
  }
  rig.store.failure = undefined;
  await using recorder = rig.process();
  await recorder.start();
  await eventually("the webhook has it", () => endpoint.received.length === 1);
  const sent = JSON.parse(endpoint.received[0].body);
  assert.deepEqual(sent.messages, [message]);
  assert.equal(sent.record.transcript[0].text, "[telephone number]");
  assert.ok(!JSON.stringify([...rig.store.records.values()]).includes("messages"));
  await eventually("nothing waits", () => rig.temp.names("outbox/webhook").length === 0);
});

Deno.test("Recorder sends no message whole unless the business says so", async () => {
  await using endpoint = new WebhookEndpoint();
  using rig = Rig.create();
  rig.settings = { ...PLAIN_SETTINGS, webhook: { url: endpoint.url, signingSecret: undefined } };
  const messages = [{ atMs: 10, name: "Ann", number: null, text: "Call me." }];
  await using recorder = rig.process();
  const record = { ...recordWith(), messages };
  await recorder.begun(rig.settings, () => record).ended(record);
  await eventually("the webhook has it", () => endpoint.received.length === 1);
  assert.deepEqual(Object.keys(JSON.parse(endpoint.received[0].body)), ["event", "delivery", "record"]);
  await eventually("nothing waits", () => rig.temp.names("outbox/webhook").length === 0);
});
