/** What a live call is doing. */
export type CallState =
  /** There is no OpenAI session at the moment. */
  | "connecting"
  | "caller_speaks"
  /** The caller hears an answer. */
  | "answering"
  | "using_tool"
  /** An answer is awaited, and the caller hears none of it yet. */
  | "thinking"
  | "listening";

/** What a live call holds, in bytes. */
export interface CallMemory {
  /** Ring buffer of model audio on its way to the caller. */
  outputRing: number;
  /**
   * Ring buffer of caller audio on its way to the model: the next append, or everything while there is no
   * session.
   */
  inputRing: number;
  /** Slot in the audio engine. */
  engine: number;
  /** Written to the two sockets and not yet sent by the network. */
  backlog: number;
}

/** Everything that a call holds, in bytes. */
export function ledgerBytes({ outputRing, inputRing, engine, backlog }: CallMemory): number {
  return outputRing + inputRing + engine + backlog;
}

/** In whole milliseconds. */
export interface LatencyFigures {
  readonly p50Ms: number;
  readonly maxMs: number;
}

/**
 * Latency of a call's turns, from the end of the caller's speech to the answer's first audio: received, sent,
 * played.
 */
export interface LatencySummary {
  /** All answered turns of the call, including those no longer kept one by one. */
  readonly turns: number;
  readonly received: LatencyFigures;
  readonly sent: LatencyFigures;
  readonly played: LatencyFigures;
}

/** A live call as operators see it: one entry of `GET /calls`. Does not reveal who is calling. */
export interface CallSnapshot {
  callSid: string;
  business: string;
  /**
   * Last two digits of the caller's number, or of the called number when we placed the call; `client` or
   * `sip` where that has none.
   */
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
  /** OpenAI's charge so far, in USD; null where a price is unknown. */
  costUsd: number | null;
  /** The end of the latest words, with personal data masked; null before anyone has spoken. */
  lastWords: { speaker: "caller" | "agent"; text: string } | null;
}
