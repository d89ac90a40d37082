import type { CallRecord } from "../../src/records/call_record.ts";

/** A record of a short call; `changes` are what the test is about. */
export function recordWith(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    version: 1,
    callSid: "CA1",
    business: "acme",
    direction: "inbound",
    from: "+15550000123",
    to: "+15550100000",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:01:00.000Z",
    durationMs: 60_000,
    streams: 1,
    reason: "caller_hung_up",
    isPartial: false,
    transcript: [
      { kind: "assistant", atMs: 500, text: "Hello.", cut: false },
      { kind: "user", atMs: 2_000, text: "A table, please." },
    ],
    usage: { responses: 1, tokens: { audioOut: 20 }, transcription: { seconds: 2 } },
    costUsd: 0.01,
    latency: null,
    audio: {
      uplinkMs: 60_000,
      uplinkDroppedMs: 0,
      uplinkMissingMs: 0,
      downlinkMs: 900,
      downlinkDroppedMs: 0,
    },
    peakMemoryBytes: 1_000,
    error: null,
    treatment: null,
    message: null,
    expiresAt: "2026-01-31T00:01:00.000Z",
    earlier: [],
    ...changes,
  };
}
