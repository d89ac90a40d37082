import type { Business } from "../businesses/business.ts";
import type { CallVariables } from "../businesses/call_variables.ts";
import type { CallExit, ResumeReason } from "../carrier/carrier.ts";
import type { RealtimeError } from "../model/realtime_error.ts";
import type { CallMemory, LatencySummary } from "../observability/reports/call_snapshot.ts";
import type { RecordAudio } from "../records/call_record.ts";
import type { WholeMessage } from "../records/whole_messages.ts";
import type { TranscriptEntry } from "./journal/transcript_entry.ts";
import type { CallUsage } from "./journal/usage.ts";

/*
 * A call as others see it: which one it is, how it can end, and what is known of it by then. What is kept of
 * it for good is a `CallRecord`; what operators see while it lives is a `CallSnapshot`.
 */

/** Which call it is. Numbers are personal data: only the redacting log may have them. */
export interface CallInfo {
  callSid: string;
  /** The Twilio account that the call belongs to. */
  accountSid: string;
  from: string;
  to: string;
  business: Business;
  /** True when we placed the call. */
  isOutbound?: boolean;
  /** Names the caller to OpenAI without the number; undefined when there is no number. */
  safetyId?: string;
  /** What was given or looked up for this call. Its business's texts have it already. */
  variables?: CallVariables;
  /** Calls with the other party that are on record, up to a bound; undefined where that is not known. */
  earlierCalls?: number;
  /** Why the call comes back from somewhere; undefined when it is new. */
  resume?: ResumeReason;
}

/**
 * Who talks to whom, for the log: the business's own number is no secret, the far party's is masked by its
 * name.
 */
export function loggedParties({ from, to, isOutbound }: Pick<CallInfo, "from" | "to" | "isOutbound">) {
  return isOutbound ? { to, businessNumber: from } : { from, businessNumber: to };
}

/**
 * Why a stream of a call ended. Of the ways out that the call takes itself ({@link CallExit}), only the
 * hang-up is final: after a transfer or key tones the call may come back, with a stream of its own.
 */
export type CallEnd =
  | CallExit
  /** The carrier said that the stream or the call stopped: nearly always, the caller hung up. */
  | "caller_hung_up"
  /** The carrier's socket closed without saying so. The caller hears the business's fallback. */
  | "stream_lost"
  /**
   * The carrier took nothing of what we sent; it was asked by REST to give the caller the business's
   * fallback.
   */
  | "stream_stalled"
  /** The speech model is unavailable. The caller hears the business's fallback. */
  | "agent_lost"
  /** The call had reached a limit ({@link CallLimit}): the agent said goodbye and hung up. */
  | "limit_reached"
  /** An operator asked for the call's end: the agent said goodbye and hung up. */
  | "operator_hung_up"
  /** Another instance goes on with the call: the caller hears a short pause. */
  | "moved"
  /** The server stopped. The caller hears the business's fallback. */
  | "server_stopped";

/** Limits of the day that a call shares with others of its business. */
export type DayLimit = "day_minutes" | "day_cost" | "outbound_day_cost";

/** Limits of a business file that end a call under way. */
export type CallLimit = DayLimit | "call_minutes" | "call_cost" | "tool_calls";

/** The audio of a call that has had none. */
export const NO_AUDIO: RecordAudio = {
  uplinkMs: 0,
  uplinkDroppedMs: 0,
  uplinkMissingMs: 0,
  downlinkMs: 0,
  downlinkDroppedMs: 0,
};

/** What a call takes that is counted over all calls, such as by the day. */
export interface CallExpense {
  durationMs: number;
  /** In USD; 0 where a price is not known. */
  costUsd: number;
}

/** What a call has taken that has not begun. */
export const NO_EXPENSE: CallExpense = { durationMs: 0, costUsd: 0 };

/** What is known of a call by now, from its first stream on. */
export interface CallProgress extends RecordAudio {
  info: CallInfo;
  /** Media streams that are over: more than one when the call came back from a transfer or from key tones. */
  streams: number;
  /** When the first stream began: ISO 8601, UTC. */
  startedAt: string;
  /** Milliseconds since the first stream began; what the call spent elsewhere between two of them counts. */
  durationMs: number;
  /**
   * What was said and done, in order, as the caller heard it. Bounded: of a very long call the beginning is
   * missing.
   */
  transcript: TranscriptEntry[];
  /** Messages that the caller left for the business, word for word. */
  messages: readonly WholeMessage[];
  /** Tokens, and what the transcription took, over all sessions with the model. */
  usage: CallUsage;
  /** How long the caller waited for answers; undefined when no turn was answered. */
  latency: LatencySummary | undefined;
  /** What OpenAI charges for the call, in USD; undefined where a price is not known. */
  costUsd: number | undefined;
  /** Bytes that the call holds. */
  memory: CallMemory;
}

/**
 * What is known of a call when one of its streams is over. A call that came back from a transfer or from key
 * tones has one summary for each stream. Each is of the whole call from its first stream on, so the last one
 * takes the place of those before it.
 */
export interface CallSummary extends CallProgress {
  /** Why the latest stream ended. */
  reason: CallEnd;
  /**
   * What of duration and cost has not been counted yet: all that the latest stream added, unless a limit is
   * watched.
   */
  latest: CallExpense;
  /** Why the model was unavailable; undefined unless that ended the call. `code` is stable. */
  error: RealtimeError | undefined;
}

/** What the log says of a summary: durations in whole milliseconds, usage, cost, latency; no transcript. */
export function loggedSummary(summary: CallSummary) {
  const { reason, streams, usage, costUsd, latency } = summary;
  const durations = Object.entries(summary)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[0].endsWith("Ms"))
    .map(([name, value]) => [name, Math.round(value)]);
  return { reason, streams, ...Object.fromEntries(durations), usage, costUsd, latency };
}
