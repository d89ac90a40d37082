import type { LatencySummary } from "./journal/latency.ts";

/** What a live call is about at a moment. */
export type CallState =
  /** There is no session with OpenAI, or none yet. */
  | "connecting"
  | "caller_speaks"
  /** The caller hears an answer. */
  | "answering"
  | "using_tool"
  /** An answer is owed or being made, and none of it can be heard yet. */
  | "thinking"
  | "listening";

/** What a live call holds, in bytes. */
export interface CallMemory {
  /** Ring of model audio that waits for the caller. */
  outputRing: number;
  /** Ring of caller audio that waits for the model: what an append gathers, and all while there is no session. */
  inputRing: number;
  /** Slot in the audio engine. */
  engine: number;
  /** Handed to the two sockets and not yet taken by the network. */
  backlog: number;
}

/** All that a call holds. */
export function ledgerBytes({ outputRing, inputRing, engine, backlog }: CallMemory): number {
  return outputRing + inputRing + engine + backlog;
}

/** A live call as operators see it: one entry of `GET /calls`. Nothing in it tells who calls. */
export interface CallSnapshot {
  callSid: string;
  business: string;
  /** The last two digits of the caller's number, or of the called one's when we placed the call. */
  number: string;
  isOutbound: boolean;
  startedAtEpochMs: number;
  durationMs: number;
  state: CallState;
  memory: CallMemory;
  /** Sum of `memory`. */
  ledgerBytes: number;
  /** Null before the first answered turn. */
  latency: LatencySummary | null;
  /** What OpenAI charges so far, in USD; null where a price is not known. */
  costUsd: number | null;
  /** The end of what was said last, with personal data masked; null before anything was said. */
  lastWords: { speaker: "caller" | "agent"; text: string } | null;
}
