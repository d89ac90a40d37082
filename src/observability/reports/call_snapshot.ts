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

/** In whole milliseconds. */
export interface LatencyFigures {
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** Latency over the turns of a call, from the end of the caller's speech: to the answer's first audio received, sent and played. */
export interface LatencySummary {
  /** Turns answered in the whole call, those that are not kept included. */
  readonly turns: number;
  readonly received: LatencyFigures;
  readonly sent: LatencyFigures;
  readonly played: LatencyFigures;
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
