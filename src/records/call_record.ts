/**
 * What is kept of a call: the document in the store, and what a webhook is sent. Plain JSON; nothing in it is undefined.
 * Times are ISO 8601 in UTC, durations in milliseconds. Texts are redacted as the business wishes.
 */
export interface CallRecord {
  /** Twilio's id of the call: there is one record of each. */
  readonly callSid: string;
  /** Id of the business. */
  readonly business: string;
  readonly direction: "inbound" | "outbound";
  /** E.164, or what the caller's network gave instead. */
  readonly from: string;
  readonly to: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  /** Media streams that the call has had: more than one when it came back from a transfer or from key tones. */
  readonly streams: number;
  /** Why the last stream ended, such as `caller_hung_up`; `server_died` when nobody was there to see it end. */
  readonly reason: string;
  /** True when the server died during the call: what came after the last checkpoint is missing. */
  readonly isPartial: boolean;
  /** What was said as it was heard, tools that were used, keys that were pressed, in order. */
  readonly transcript: readonly RecordEntry[];
  readonly usage: RecordUsage;
  /** What OpenAI charges for the call, in USD; null where a price is not known. */
  readonly costUsd: number | null;
  /** How long the caller waited for answers; null when nothing was answered. */
  readonly latency: RecordLatency | null;
  readonly audio: RecordAudio;
  /** The most that the call was seen to hold, in bytes: rings, engine slot, socket backlog. */
  readonly peakMemoryBytes: number;
  /** Code of the error that ended the call; null when none did. */
  readonly error: string | null;
  /** When the record is deleted; null for one that is only sent, and not kept. */
  readonly expiresAt: string | null;
  /** What other servers know of the same call, when it came back to another one than it left. Oldest first. */
  readonly earlier: readonly CallRecord[];
}

/** Something said or done. `atMs`: when it began, since the call did. */
export interface RecordEntry {
  readonly kind: "user" | "assistant" | "tool" | "keys" | "interruption" | "note";
  readonly atMs: number;
  /** `user`, `assistant`, `note`. */
  readonly text?: string;
  /** `assistant`: the caller did not hear all of it. */
  readonly cut?: boolean;
  /** `tool`: its name, the arguments and the output as JSON text, what became of it, how long it took. */
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string;
  readonly outcome?: string;
  readonly durationMs?: number;
  /** `keys`. */
  readonly digits?: string;
}

/** What a call used at OpenAI. */
export interface RecordUsage {
  readonly responses: number;
  /** By what they cost: `textIn`, `audioOut` and so on; cached input is apart. */
  readonly tokens: Readonly<Record<string, number>>;
  /** The transcription of the caller's turns: `tokensIn`, `tokensOut`, `seconds`. */
  readonly transcription: Readonly<Record<string, number>>;
}

export interface RecordLatency {
  /** Turns that were answered. */
  readonly turns: number;
  /** From the end of the caller's turn to the answer's first audio: from OpenAI, to Twilio, at the caller's ear. */
  readonly received: RecordFigures;
  readonly sent: RecordFigures;
  readonly played: RecordFigures;
}

export interface RecordFigures {
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** Audio of the streams that are over, in milliseconds. */
export interface RecordAudio {
  readonly uplinkMs: number;
  readonly uplinkDroppedMs: number;
  readonly uplinkMissingMs: number;
  readonly downlinkMs: number;
  readonly downlinkDroppedMs: number;
}
