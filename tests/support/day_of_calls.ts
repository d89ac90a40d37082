import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { Recorder } from "../../src/records/recorder.ts";
import type { RecordPosition, RecordStore } from "../../src/records/record_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "./eventually.ts";
import { LOOPBACK_REQUESTS } from "./loopback_requests.ts";
import { TempFolder } from "./temp_folder.ts";
import { CALLED, CALLER, WebhookRig } from "./webhook_rig.ts";
import { recordWith } from "../records/records.ts";

const RECORDING = {
  RecordingUrl: "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1",
  RecordingDuration: "12",
};
const WITH_VOICEMAIL = { fallback: { ...DEFAULT_BUSINESS.fallback, voicemail: true } };

/** One kind of end: the webhooks that Twilio sends, in order, and what the record must say. */
interface Ending {
  name: string;
  business?: Partial<Business>;
  run(rig: WebhookRig, sid: string, recorder: Recorder): Promise<void>;
  expected: Partial<Pick<CallRecord, "reason" | "streams">> & {
    why?: string;
    got?: string;
    hasMessage?: true;
  };
}

function fill(rig: WebhookRig): void {
  for (let slot = 0; slot < 2; slot++) rig.admission.reserve(`taken ${slot}`);
}

/** A stream of the call, as `CallSession` records it. */
async function talk(recorder: Recorder, callSid: string, changes: Partial<CallRecord> = {}): Promise<void> {
  const [startedAt, endedAt] = [0, 60_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const record = recordWith({ callSid, startedAt, endedAt, expiresAt: null, ...changes });
  await recorder.begun(DEFAULT_BUSINESS.records, () => record).ended(record);
}

const ENDINGS: readonly Ending[] = [
  {
    name: "out of service",
    business: { inService: false },
    run: async (rig, CallSid) => void await rig.post("/voice", { CallSid }),
    expected: { reason: "refused", streams: 0, why: "out_of_service", got: "words" },
  },
  {
    name: "busy, forwarded",
    business: { fallback: { ...DEFAULT_BUSINESS.fallback, forwardTo: "+15550100901" } },
    run: async (rig, CallSid) => {
      fill(rig);
      for (let times = 0; times < 2; times++) await rig.post("/voice", { CallSid }); // Twilio repeats webhooks
    },
    expected: { reason: "refused", streams: 0, why: "full", got: "forward" },
  },
  {
    name: "draining, words",
    run: async (rig, CallSid) => {
      rig.admission.drain();
      await rig.post("/voice", { CallSid });
      await rig.post("/voice/status", { CallSid, CallStatus: "completed" });
    },
    expected: { reason: "refused", streams: 0, why: "draining", got: "words" },
  },
  {
    name: "busy, voicemail, both callbacks in the order that Twilio sends them",
    business: WITH_VOICEMAIL,
    run: async (rig, CallSid) => {
      fill(rig);
      await rig.post("/voice", { CallSid });
      await rig.post("/voice/voicemail?business=acme", { CallSid, ...RECORDING });
      await rig.post("/voice/status", { CallSid, CallStatus: "completed" });
      const status = { RecordingStatus: "completed", From: "", To: "" };
      await rig.post("/voice/recorded?business=acme", { CallSid, ...RECORDING, ...status });
    },
    expected: { reason: "message_left", streams: 0, why: "full", got: "voicemail", hasMessage: true },
  },
  {
    name: "voicemail of which only the recording's status came",
    business: WITH_VOICEMAIL,
    run: async (rig, CallSid) => {
      fill(rig);
      await rig.post("/voice", { CallSid });
      const status = { RecordingStatus: "completed", From: "", To: "" };
      await rig.post("/voice/recorded?business=acme", { CallSid, ...RECORDING, ...status });
    },
    expected: { reason: "message_left", streams: 0, why: "full", got: "voicemail", hasMessage: true },
  },
  {
    name: "waited in line, then taken",
    business: { whenBusy: { ...DEFAULT_BUSINESS.whenBusy, tries: 3 } },
    run: async (rig, CallSid, recorder) => {
      fill(rig);
      await rig.post("/voice", { CallSid });
      rig.admission.cancel("taken 0");
      await rig.post("/voice?business=acme&tries=1", { CallSid });
      await talk(recorder, CallSid);
    },
    expected: { reason: "caller_hung_up", streams: 1, why: "full", got: "line" },
  },
  {
    name: "hung up in line",
    business: { whenBusy: { ...DEFAULT_BUSINESS.whenBusy, tries: 3 } },
    run: async (rig, CallSid) => {
      fill(rig);
      await rig.post("/voice", { CallSid });
      await rig.post("/voice/status", { CallSid, CallStatus: "completed" });
    },
    expected: { reason: "abandoned", streams: 0, why: "full", got: "line" },
  },
  {
    name: "abandoned before its stream",
    run: async (rig, CallSid) => {
      await rig.post("/voice", { CallSid });
      await rig.post("/voice/status", { CallSid, CallStatus: "canceled" });
    },
    expected: { reason: "abandoned", streams: 0 },
  },
  {
    name: "agent lost, then the fallback's voicemail",
    business: WITH_VOICEMAIL,
    run: async (rig, CallSid, recorder) => {
      await rig.post("/voice", { CallSid });
      await talk(recorder, CallSid, { reason: "agent_lost" });
      await rig.post("/voice/after-stream?business=acme", { CallSid });
      await rig.post("/voice/voicemail?business=acme", { CallSid, ...RECORDING });
    },
    expected: { reason: "agent_lost", streams: 1, why: "fallback", got: "voicemail", hasMessage: true },
  },
  {
    name: "no stream came about",
    run: async (rig, CallSid) => {
      await rig.post("/voice", { CallSid });
      await rig.post("/voice/after-stream?business=acme", { CallSid });
    },
    expected: { reason: "refused", streams: 0, why: "fallback", got: "words" },
  },
  {
    name: "placed, and nobody answered",
    run: async (rig, CallSid) =>
      void await rig.post("/voice/status?business=acme&slot=s", {
        CallSid,
        CallStatus: "no-answer",
        Direction: "outbound-api",
      }),
    expected: { reason: "not_answered", streams: 0 },
  },
  {
    name: "an ordinary call",
    run: async (rig, CallSid, recorder) => {
      await rig.post("/voice", { CallSid });
      await talk(recorder, CallSid);
      rig.ended.noteOver(CallSid);
      await rig.post("/voice/status", { CallSid, CallStatus: "completed" });
    },
    expected: { reason: "caller_hung_up", streams: 1 },
  },
];

/**
 * Puts a day of calls with every kind of end into a store by way of the webhooks, and asserts that each has exactly one record.
 *
 * @param rounds calls of each kind
 */
export async function assertDayOfCalls(store: RecordStore, rounds: number): Promise<void> {
  using folder = new TempFolder();
  const rigs = ENDINGS.map(({ business }) => new WebhookRig(business));
  await using recorder = new Recorder({
    dataDir: folder.path,
    withStore: (use) => use(store),
    settingsOf: () => DEFAULT_BUSINESS.records,
    requests: LOOPBACK_REQUESTS,
    clock: new SystemClock(),
    log: rigs[0].log,
  });
  await recorder.start();
  const sidOf = (round: number, index: number) => `CA${String(round * 100 + index).padStart(32, "0")}`;
  for (let round = 0; round < rounds; round++) {
    for (const [index, { business, run }] of ENDINGS.entries()) {
      const rig = new WebhookRig(business);
      rig.clock.advance(Date.now() - rig.clock.epoch());
      rig.notes = recorder;
      await run(rig, sidOf(round, index), recorder);
    }
  }
  await eventually("all are stored", () => recorder.waiting.store === 0 && recorder.waiting.disk === 0);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { name, expected }] of ENDINGS.entries()) {
      const record = await store.get(sidOf(round, index));
      assert.ok(record, name);
      const { reason, streams, treatment, message, from, to, earlier } = record;
      assert.deepEqual(
        { reason, streams, why: treatment?.why, got: treatment?.got, hasMessage: message ? true : undefined },
        { why: undefined, got: undefined, hasMessage: undefined, ...expected },
        name,
      );
      assert.deepEqual(earlier, [], name);
      if (streams === 0) assert.deepEqual([from, to], [CALLER, CALLED], name);
      if (message) {
        assert.deepEqual([message.durationMs, message.recordingUrl], [12_000, RECORDING.RecordingUrl]);
      }
    }
  }
  const all: string[] = [];
  let after: RecordPosition | undefined;
  do {
    const page = await store.list!({ limit: 50, after });
    all.push(...page.records.map(({ callSid }) => callSid));
    after = page.next;
  } while (after);
  assert.deepEqual([all.length, new Set(all).size], [rounds * ENDINGS.length, rounds * ENDINGS.length]);
}
