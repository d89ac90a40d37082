import type { OutgoingRecord } from "../records/whole_messages.ts";
import type { RecordedCall, Recorder } from "../records/recorder.ts";
import type { CallSession } from "./call_session.ts";
import type { CallProgress, CallSummary } from "./call_summary.ts";
import { type CallMemory, ledgerBytes } from "../observability/reports/call_snapshot.ts";

/** Keeps the records of live calls up to date. */
export class Recording {
  readonly #recorder: Recorder;
  readonly #calls = new Map<CallSession, { record: RecordedCall; peakMemoryBytes: number }>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** A call has begun, or come back. */
  begun(call: CallSession): void {
    const record = this.#recorder.begun(call.info.business.records, () => {
      const progress = call.progress();
      const peakMemoryBytes = this.#peakBytes(call, progress.memory);
      // The stream that it is in counts, too: without any, the call would never have got to the agent.
      const streams = progress.streams + 1;
      return toRecord({ ...progress, streams }, { reason: "in_progress", peakMemoryBytes });
    });
    this.#calls.set(call, { record, peakMemoryBytes: 0 });
  }

  /** The call, or this stream of it, is over. */
  ended(call: CallSession, summary: CallSummary): void {
    const peakMemoryBytes = this.#peakBytes(call, summary.memory);
    const record = this.#calls.get(call)?.record;
    this.#calls.delete(call);
    void record?.ended(endedRecord(summary, peakMemoryBytes));
  }

  #peakBytes(call: CallSession, memory: CallMemory): number {
    const held = this.#calls.get(call);
    const bytes = ledgerBytes(memory);
    if (!held) return bytes;
    return held.peakMemoryBytes = Math.max(held.peakMemoryBytes, bytes);
  }
}

/**
 * The record of a call whose stream is over.
 * @param peakMemoryBytes default: what the call held at the end
 */
export function endedRecord(
  summary: CallSummary,
  peakMemoryBytes: number = ledgerBytes(summary.memory),
): OutgoingRecord {
  return toRecord(summary, { reason: summary.reason, error: summary.error?.code, peakMemoryBytes });
}

/** The record of a call as it is now, without an expiry, which the recorder sets. */
export function toRecord(
  progress: CallProgress,
  { reason, error, peakMemoryBytes }: { reason: string; error?: string; peakMemoryBytes: number },
): OutgoingRecord {
  const { info, startedAt, usage } = progress;
  const durationMs = Math.round(progress.durationMs);
  return {
    version: 1,
    callSid: info.callSid,
    business: info.business.id,
    direction: info.isOutbound ? "outbound" : "inbound",
    from: info.from,
    to: info.to,
    startedAt,
    endedAt: new Date(Date.parse(startedAt) + durationMs).toISOString(),
    durationMs,
    streams: progress.streams,
    reason,
    isPartial: false,
    transcript: progress.transcript,
    usage: {
      responses: usage.responses,
      tokens: { ...usage.tokens },
      transcription: { ...usage.transcription },
    },
    costUsd: progress.costUsd ?? null,
    latency: progress.latency ?? null,
    audio: {
      uplinkMs: Math.round(progress.uplinkMs),
      uplinkDroppedMs: Math.round(progress.uplinkDroppedMs),
      uplinkMissingMs: Math.round(progress.uplinkMissingMs),
      downlinkMs: Math.round(progress.downlinkMs),
      downlinkDroppedMs: Math.round(progress.downlinkDroppedMs),
    },
    peakMemoryBytes,
    error: error ?? null,
    treatment: null,
    message: null,
    expiresAt: null,
    earlier: [],
    ...progress.messages.length > 0 && { messages: progress.messages },
  };
}
