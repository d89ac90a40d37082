import { BYTES_PER_MS } from "../audio/mulaw.ts";
import type { Transcoder } from "../audio/transcoder.ts";
import type { CallStream } from "../carrier/carrier.ts";
import type { CallMemory } from "../observability/reports/call_snapshot.ts";
import type { RecordAudio } from "../records/call_record.ts";
import type { CallServices } from "./call_services.ts";
import type { CallExpense, CallInfo, CallProgress, CallSummary } from "./call_summary.ts";
import type { Conversation } from "./conversation/conversation.ts";
import type { Journal } from "./journal/journal.ts";
import type { Playback } from "./playback/playback.ts";
import type { Uplink } from "./uplink.ts";

/** What the account of a call is drawn from. */
export interface CallAccountParts {
  readonly info: CallInfo;
  readonly stream: CallStream;
  readonly transcoder: Transcoder;
  readonly uplink: Uplink;
  readonly playback: Playback;
  readonly conversation: Pick<Conversation, "backlogBytes" | "notUnderstood">;
  readonly journal: Journal;
  readonly callCost: CallServices["callCost"];
}

/** What a call holds, has carried and has taken; and what is known of it by now, and at its end. */
export class CallAccount {
  readonly #parts: CallAccountParts;
  #downlinkDroppedMs = 0;

  constructor(parts: CallAccountParts) {
    this.#parts = parts;
  }

  /** Bytes that the call holds now. */
  get memory(): CallMemory {
    const { stream, transcoder, uplink, playback, conversation } = this.#parts;
    return {
      outputRing: playback.capacityBytes,
      inputRing: uplink.capacityBytes,
      engine: transcoder.bytesHeld,
      backlog: stream.backlogBytes + conversation.backlogBytes,
    };
  }

  /** What the present stream has carried. */
  get audio(): RecordAudio {
    const { stream, uplink, playback } = this.#parts;
    return {
      uplinkMs: uplink.appendedBytes / BYTES_PER_MS,
      uplinkDroppedMs: uplink.droppedBytes / BYTES_PER_MS,
      uplinkMissingMs: stream.stats.missingAudioMs,
      downlinkMs: playback.sentMs,
      downlinkDroppedMs: this.#downlinkDroppedMs,
    };
  }

  /** What the call has taken so far. */
  get expense(): CallExpense {
    const { info, journal, callCost } = this.#parts;
    const { durationMs, usage } = journal.soFar();
    return { durationMs, costUsd: callCost(info.business, usage) ?? 0 };
  }

  /** So much audio of the model will never be heard. Returns whether it is the first of this stream. */
  dropped(droppedMs: number): boolean {
    const isFirst = this.#downlinkDroppedMs === 0;
    this.#downlinkDroppedMs += droppedMs;
    return isFirst;
  }

  /** What is known of the call so far. The audio of the present stream is not in it yet. */
  progress(): CallProgress {
    const { info, journal, callCost } = this.#parts;
    const report = journal.report();
    return { ...report, info, costUsd: callCost(info.business, report.usage), memory: this.memory };
  }

  /** What is known of a call whose stream is over. What it has taken counts as booked from now on. */
  summary(
    end: Pick<CallSummary, "memory" | "durationMs" | "reason" | "error">,
  ): CallSummary {
    const progress = this.progress();
    const { durationMs } = end;
    const latest = this.#parts.journal.book({ durationMs, costUsd: progress.costUsd ?? 0 });
    return { ...progress, ...end, latest };
  }

  /** How many messages of the carrier and the model were ignored as unknown or malformed, for the log. */
  notUnderstood(): Record<string, number> {
    const { stream, conversation } = this.#parts;
    const { unknown, malformed } = conversation.notUnderstood;
    const counts = {
      malformedMessages: stream.stats.malformed,
      unknownEvents: unknown,
      malformedEvents: malformed,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }
}
