import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, type RecordSettings } from "../../src/businesses/business.ts";
import { AuthTokens } from "../../src/carrier/twilio/auth_tokens.ts";
import { TwilioRecordings } from "../../src/carrier/twilio/twilio_recordings.ts";
import { TwilioRest } from "../../src/carrier/twilio/twilio_rest.ts";
import { EmulatedTranscriptionApi } from "../../src/lab/openai/emulated_transcription_api.ts";
import { type EmulatedRecordings, leaveRecording } from "../../src/lab/twilio/emulated_recordings.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { GuardedRequests } from "../../src/egress/guarded_requests.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { loadMessageTranscriber } from "../../src/records/recordings/message_transcriber.ts";
import { RecordingFolder } from "../../src/records/recordings/recording_folder.ts";
import { MAX_RECORDING_BYTES } from "../../src/records/recordings/recording_store.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";

const ACCOUNT = `AC${"1".repeat(32)}`;
/** May reach the emulated API, and the storage that it redirects to. */
const REQUESTS = new GuardedRequests({ privateHosts: ["127.0.0.1", "localhost"] });
const HOUR_MS = 3_600_000;
const WAIT_MS = 20_000;

/** A recorder between an emulated Twilio and an emulated OpenAI, by a clock that tests turn. */
class MessageRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly temp = new TempFolder();
  readonly speech = new EmulatedTranscriptionApi();
  readonly api = new EmulatedTwilioApi({ clock: new SystemClock(), accountSid: ACCOUNT, authToken: "right" });
  readonly settings: RecordSettings = { ...DEFAULT_BUSINESS.records, deleteAtTwilio: true };
  readonly recorder: Recorder;
  /** Called each time a recording is about to be deleted at Twilio. */
  beforeRemoval: () => void = () => {};
  /** Requests that are under way: time must not pass for them. */
  #underWay = 0;

  constructor(tokens = "right", readonly bounds?: { maxFiles: number; maxBytes: number }) {
    const authTokens = new AuthTokens(tokens);
    const rest = new TwilioRest({ apiUrl: this.api.url, authTokens, clock: new SystemClock() });
    const source = new TwilioRecordings({
      apiUrl: this.api.url,
      authTokens,
      requests: REQUESTS,
      rest,
    });
    this.recorder = new Recorder({
      dataDir: this.temp.path,
      withStore: async (use) => {
        using store = await SqliteRecordStore.open(`${this.temp.path}/records.db`, () => this.clock.epoch());
        return await use(store);
      },
      settingsOf: () => this.settings,
      messages: {
        source: {
          fetch: (...asked) => this.#meanwhile(source.fetch(...asked)),
          remove: (...asked) => {
            this.beforeRemoval();
            return this.#meanwhile(source.remove(...asked));
          },
        },
        store: new RecordingFolder(`${this.temp.path}/recordings`, bounds),
        withTranscriber: async (use) => {
          const options = { apiKey: "sk-test", baseUrl: this.speech.url, timeoutMs: WAIT_MS };
          return await this.#meanwhile(use(await loadMessageTranscriber(options)));
        },
        hintsOf: () => ({ languages: ["de"], keywords: ["Linden"] }),
      },
      clock: this.clock,
      log: this.log,
    });
  }

  get recordings(): EmulatedRecordings {
    return this.api.registry.recordings;
  }

  /** A caller has left a message. */
  async left(callSid = "CA1"): Promise<string> {
    await this.recorder.start();
    const { RecordingSid, RecordingUrl } = leaveRecording(this.recordings, ACCOUNT);
    await this.toldOf(callSid, RecordingUrl);
    return RecordingSid;
  }

  /** @param problem why there is no recording, as Twilio's callback has it */
  async toldOf(callSid: string, recordingUrl: string, problem?: string): Promise<void> {
    const at = new Date(this.clock.epoch()).toISOString();
    await this.recorder.noted(this.settings, {
      ...{ callSid, business: "acme", isOutbound: false, from: "+15550100001", to: "+15550100000" },
      atMs: this.clock.epoch(),
      reason: "message_left",
      message: { at, durationMs: problem ? 0 : 1_000, recordingUrl, problem },
      accountSid: ACCOUNT,
    });
  }

  /** The message once it is as far, with the clock turned on by `ms` again and again. */
  async message(state: string, ms = 60_000, callSid = "CA1"): Promise<NonNullable<CallRecord["message"]>> {
    let message: CallRecord["message"] = null;
    await eventually(`the recording is ${state}`, async () => {
      message = (await this.recorder.records.get(callSid))?.record.message ?? null;
      if (message?.recording === state) return true;
      if (this.#underWay === 0) this.clock.advance(ms);
      return false;
    }, WAIT_MS);
    return message!;
  }

  async #meanwhile<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay++;
    try {
      return await work;
    } finally {
      this.#underWay--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
    await this.speech[Symbol.asyncDispose]();
    this.temp[Symbol.dispose]();
  }
}

Deno.test("A recording arrives whole whatever Twilio answers at first, and is deleted there only then", async () => {
  await using rig = new MessageRig();
  rig.recordings.failNext(404, 404, 401, 500, 503, "truncated", "half", "page", "redirect");
  const sid = await rig.left();
  const { transcript, recordingProblem } = await rig.message("kept");
  assert.deepEqual([transcript, recordingProblem], ["This is a message.", null]);
  const asked = rig.api.requests.filter(({ method }) => method === "GET").map(({ path }) => path);
  assert.equal(asked.filter((path) => path.endsWith(`/Recordings/${sid}.wav`)).length, 9);
  assert.equal(asked.at(-1), `/storage/${sid}.wav`, "which refuses whoever comes with credentials");
  assert.equal((await rig.recorder.records.recordingOf("CA1"))?.length, 16_044);
  await eventually("Twilio's copy is deleted", () => rig.recordings.files.size === 0, WAIT_MS);
  assert.deepEqual(rig.speech.requests.map(({ languages, keywords }) => [languages, keywords]), [[["de"], [
    "Linden",
  ]]]);
});

Deno.test("A token that Twilio does not take is followed by the next one", async () => {
  await using rig = new MessageRig("wrong,right");
  await rig.left();
  await rig.message("kept");
});

Deno.test("A recording that Twilio never has is lost after an hour, and one that it never gives stays linked after a day", async () => {
  await using rig = new MessageRig();
  rig.recordings.failNext(...Array<number>(100).fill(404));
  await rig.left();
  assert.equal((await rig.message("lost", HOUR_MS / 4)).recordingProblem, "not_there");
  await using refusing = new MessageRig("wrong");
  await refusing.left();
  assert.equal((await refusing.message("linked", HOUR_MS)).recordingProblem, "refused");
  assert.equal(refusing.recordings.files.size, 1, "Twilio's copy is the only one");
});

Deno.test("A recording that Twilio says is not there, and will not be, is lost at once, and asked for no more", async () => {
  for (const isToldFirst of [false, true]) {
    await using rig = new MessageRig();
    await rig.recorder.start();
    const url = `https://api.twilio.com/Recordings/RE${"b".repeat(32)}`;
    rig.recordings.failNext(...Array<number>(100).fill(404));
    if (isToldFirst) await rig.toldOf("CA1", url, "recording_absent");
    await rig.toldOf("CA1", url);
    if (!isToldFirst) await rig.toldOf("CA1", url, "recording_absent");
    const message = await rig.message("lost", 0);
    assert.deepEqual([message.recordingProblem, message.durationMs], ["recording_absent", 1_000]);
    if (isToldFirst) continue;
    assert.deepEqual(rig.temp.names("outbox/messages").filter((name) => name.includes("b".repeat(32))), []);
  }
});

Deno.test("A recording above the bound stays at Twilio", async () => {
  await using rig = new MessageRig();
  const large = new Uint8Array(MAX_RECORDING_BYTES + 1);
  large.set(new TextEncoder().encode("RIFF\0\0\0\0WAVE"));
  const sid = `RE${"a".repeat(32)}`;
  rig.recordings.files.set(sid, large);
  await rig.recorder.start();
  await rig.toldOf("CA1", `https://api.twilio.com/Recordings/${sid}`);
  assert.equal((await rig.message("linked")).recordingProblem, "too_large");
  assert.equal(rig.recordings.files.size, 1);
});

Deno.test("Recordings that are full take no more, and drop none: the next one stays at Twilio, with its words in the record", async () => {
  await using rig = new MessageRig("right", { maxFiles: 1, maxBytes: 1e6 });
  await rig.left("CA1");
  await rig.message("kept");
  await rig.left("CA2");
  const { recordingProblem, transcript } = await rig.message("linked", 60_000, "CA2");
  assert.deepEqual([recordingProblem, transcript], ["full", "This is a message."]);
  assert.ok(await rig.recorder.records.recordingOf("CA1"));
  await eventually("the first is deleted at Twilio", () => rig.recordings.files.size === 1, WAIT_MS);
  assert.ok(rig.log.names.includes("recordings_full"));
});

Deno.test("Words are asked for again while OpenAI fails, and done without after an hour or a refusal", async () => {
  await using rig = new MessageRig();
  rig.speech.failNext(500, 429);
  await rig.left("CA1");
  assert.equal((await rig.message("kept")).transcript, "This is a message.");
  rig.speech.failNext(400);
  await rig.left("CA2");
  assert.equal((await rig.message("kept", 60_000, "CA2")).transcript, null);
  rig.speech.failNext(...Array<number>(100).fill(503));
  await rig.left("CA3");
  assert.equal((await rig.message("kept", HOUR_MS / 4, "CA3")).transcript, null);
  assert.equal(rig.log.names.filter((name) => name === "message_not_transcribed").length, 2);
});

Deno.test("Recordings go when their time has come", async () => {
  await using rig = new MessageRig();
  await rig.left();
  await rig.message("kept");
  assert.equal(rig.temp.names("recordings").length, 1);
  await eventually("it is deleted", () => {
    rig.clock.advance(24 * HOUR_MS);
    return rig.temp.names("recordings").length === 0;
  }, WAIT_MS);
  assert.ok(rig.clock.now() > 29 * 24 * HOUR_MS);
});

Deno.test("A deletion that Twilio does not answer is broken off as the process ends, and waits for the next one", async () => {
  await using rig = new MessageRig();
  rig.beforeRemoval = () => rig.api.failNext("timeout");
  await rig.left();
  await rig.message("kept");
  const deletions = () => rig.api.requests.filter(({ method }) => method === "DELETE");
  await eventually("Twilio is asked", () => deletions().length === 1, WAIT_MS);
  await rig.recorder[Symbol.asyncDispose]();
  assert.equal(deletions().length, 1, "it is not asked once more");
  assert.equal(rig.temp.names("outbox/deletions").length, 1);
});

Deno.test("What is told of a recording twice, in whatever order, is one message and is fetched once", async () => {
  await using rig = new MessageRig();
  const sid = await rig.left();
  await rig.toldOf("CA1", `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Recordings/${sid}`);
  await rig.message("kept");
  await rig.toldOf("CA1", `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Recordings/${sid}`);
  await eventually("nothing waits", () => rig.recorder.waiting.recording === 0, WAIT_MS);
  const { record } = (await rig.recorder.records.get("CA1"))!;
  assert.deepEqual([record.message?.recording, record.earlier], ["kept", []]);
  assert.equal(rig.api.requests.filter(({ path }) => path.endsWith(".wav")).length, 1);
});
