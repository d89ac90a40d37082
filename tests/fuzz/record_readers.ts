import assert from "node:assert/strict";
import { decodedBase64 } from "../../src/audio/base64.ts";
import { Journal } from "../../src/call/journal/journal.ts";
import { historyEvents } from "../../src/call/journal/transcript_history.ts";
import { readKeptTalk } from "../../src/call/kept_talk.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { recordWith } from "../records/records.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedJson } from "./mutate.ts";
import { QUIET_LOG } from "./quiet_log.ts";

const CORPUS = [
  recordWith({ endedAt: new Date().toISOString() }),
  recordWith({ isPartial: true, expiresAt: null }),
];
const FILES = 4;
const GOOD = recordWith({ callSid: "CAgood", endedAt: new Date().toISOString() });
const SETTINGS = {
  retentionDays: 30,
  redact: [],
  recordings: "link" as const,
  deleteAtTwilio: false,
  webhook: undefined,
};

/** As instances write it, whatever is said in it. */
const TALK = {
  rescues: 1,
  earlierCalls: 2,
  variables: { name: "Ann" },
  carried: { callerAudio: "f39/", agentAudio: "f39/" },
  journal: {
    startedEpochMs: 1_764_500_000_000,
    ageMs: 1_000,
    streams: 1,
    audio: { uplinkMs: 1, uplinkDroppedMs: 0, uplinkMissingMs: 0, downlinkMs: 1, downlinkDroppedMs: 0 },
    booked: { durationMs: 1, costUsd: 0.1 },
    isWarned: true,
    toolCalls: 1,
    transcript: GOOD.transcript,
    usage: GOOD.usage,
    messages: [{ atMs: 1, name: "Ann", number: null, text: "Call me." }],
    latency: { count: 1, turns: [{ responseId: "r", receivedMs: 1, sentMs: 2, playedMs: 3 }] },
    traceContext: "00-1-1-01",
  },
};

/** What is left in `DATA_DIR` by a process that is gone, or by somebody else. */
export const RECORD_READERS = {
  "conversations of other instances": () =>
    fuzzed<string>({
      make: (random) => mutatedJson(random, [TALK]),
      read: (text) => {
        const kept = readKeptTalk(text);
        if (!kept) return;
        const journal = new Journal(new SystemClock(), new Metrics(), kept.journal);
        journal.streamEnded(kept.journal.audio);
        const { audio, usage, transcript } = journal.state();
        for (const counts of [audio, usage.tokens, usage.transcription]) {
          assert.ok(Object.values(counts).every(Number.isFinite), "a count is none");
        }
        historyEvents(transcript);
        journal.report();
        for (const audio of Object.values(kept.carried ?? {})) if (audio) decodedBase64(audio);
      },
      isDeclared: NEVER,
    }),
  "files left in DATA_DIR": () =>
    fuzzed<string[]>({
      make: (random) => Array.from({ length: FILES }, () => mutatedJson(random, CORPUS)),
      read: async (texts) => {
        using folder = new TempFolder();
        for (const [index, text] of texts.entries()) folder.write(`live/gone/CA${index}.json`, text);
        for (const [index, text] of texts.entries()) {
          folder.write(`outbox/store/00170000000000${index}_id${index}_acme_CA${index}.json`, text);
        }
        const withStore: ConstructorParameters<typeof Recorder>[0]["withStore"] = async (use) => {
          using store = await SqliteRecordStore.open(`${folder.path}/records.db`, Date.now);
          return await use(store);
        };
        await using recorder = new Recorder({
          dataDir: folder.path,
          withStore,
          settingsOf: () => SETTINGS,
          requests: LOOPBACK_REQUESTS,
          clock: new SystemClock(),
          log: QUIET_LOG,
        });
        await recorder.start();
        await recorder.begun(SETTINGS, () => GOOD).ended(GOOD);
        for (let tries = 0; (await recorder.records.get("CAgood"))?.waitsFor.length !== 0; tries++) {
          assert.ok(tries < 600, "a good record is kept from the store by bad ones");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
      isDeclared: NEVER,
    }),
};
