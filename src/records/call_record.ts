/**
 * What is kept of a call: the document in the store, and what a webhook is sent. Plain JSON: no property is
 * undefined. Times are ISO 8601 in UTC with milliseconds, durations are whole milliseconds unless said
 * otherwise. Texts are redacted as the business wishes.
 */
export interface CallRecord {
  /** Of this shape: it rises when a field changes its meaning or goes. New fields may come without. */
  readonly version: 1;
  /** Twilio's id of the call. There is one record for each. */
  readonly callSid: string;
  /** Id of the business. */
  readonly business: string;
  /** Who began the call: the caller, or this server. */
  readonly direction: "inbound" | "outbound";
  /** Calling number in E.164, or what the caller's network gave instead. */
  readonly from: string;
  /** Called number, likewise. */
  readonly to: string;
  /** When the first media stream began; of a call without one, when it came. */
  readonly startedAt: string;
  /** When the last media stream ended; of a partial record, when its checkpoint was written. */
  readonly endedAt: string;
  /** From `startedAt` to `endedAt`, with the time that the call spent elsewhere between two streams. */
  readonly durationMs: number;
  /**
   * Media streams of the call: more than one when it came back, none when the caller never got to the agent.
   */
  readonly streams: number;
  /** Why the last stream ended, such as `caller_hung_up`; `server_died` when no server saw it end. */
  readonly reason: string;
  /** True when the server died during the call: what came after the last checkpoint is missing. */
  readonly isPartial: boolean;
  /**
   * What was said as it was heard, tools that were called, keys that were pressed, in order. At most 2,000
   * entries.
   */
  readonly transcript: readonly RecordEntry[];
  /** What the call used at OpenAI. */
  readonly usage: RecordUsage;
  /** What OpenAI charges for the call, in USD; null where a price is not known. */
  readonly costUsd: number | null;
  /** How long the caller waited for answers; null when no turn was answered. */
  readonly latency: RecordLatency | null;
  /** How much audio was carried and lost. */
  readonly audio: RecordAudio;
  /** The most that the call was seen to hold, in bytes: rings, engine slot, socket backlog. */
  readonly peakMemoryBytes: number;
  /** Code of the error that ended the call; null when there was none. */
  readonly error: string | null;
  /** What the caller got in place of the agent, last; null when nothing was. */
  readonly treatment: RecordTreatment | null;
  /** The message that the caller left after the beep; null when there is none. */
  readonly message: RecordMessage | null;
  /** When the record is deleted; null for one that is sent but not kept. */
  readonly expiresAt: string | null;
  /**
   * What other servers know of a call that came back to another server than it left. Oldest first, at most
   * 10.
   */
  readonly earlier: readonly CallRecord[];
}

/** What a caller got in place of the agent. */
export interface RecordTreatment {
  /** When. */
  readonly at: string;
  /**
   * `after_hours`, `out_of_service`, `fallback`, `answering_machine`, or the reason of a refusal, such as
   * `full`.
   */
  readonly why: string;
  /** `line` (asked to hold), `words`, `forward` (another number is rung), `voicemail`, or `nothing`. */
  readonly got: "line" | "words" | "forward" | "voicemail" | "nothing";
}

/** A message that a caller left. */
export interface RecordMessage {
  /** When Twilio first told of it. */
  readonly at: string;
  /** How long it is. */
  readonly durationMs: number;
  /** Where Twilio keeps the recording: add `.mp3` or `.wav`, and sign in with the account's credentials. */
  readonly recordingUrl: string;
  /**
   * `pending`: it is still to be fetched. `kept`: `GET /records/CALLSID/recording` has it. `linked`: it is at
   * Twilio alone. `lost`: it could not be fetched.
   */
  readonly recording: "pending" | "kept" | "linked" | "lost";
  /** Why it is `linked` although it was to be kept, such as `full`, or why it is `lost`; else null. */
  readonly recordingProblem: string | null;
  /** What was said; null while it is not transcribed. */
  readonly transcript: string | null;
}

/** Something said or done. Which of the optional fields there are depends on `kind`. */
export interface RecordEntry {
  /**
   * `user`: the caller said something. `assistant`: the model did. `tool`: a tool was called. `keys`: the
   * caller pressed keys. `interruption`: the caller silenced the model. `note`: something worth knowing that
   * nobody said.
   */
  readonly kind: "user" | "assistant" | "tool" | "keys" | "interruption" | "note";
  /** When it began, in milliseconds since `startedAt` of the record. */
  readonly atMs: number;
  /**
   * `user`, `assistant`, `note`: the words, at most 20,000 characters. Of an answer, as far as it was heard.
   */
  readonly text?: string;
  /** `assistant`: true when the caller did not hear all of it. */
  readonly cut?: boolean;
  /**
   * `assistant`: how long the caller waited for it, from the end of a turn, in milliseconds; not of what
   * answers none.
   */
  readonly waitMs?: number;
  /** `tool`: its name. */
  readonly name?: string;
  /** `tool`: its arguments as JSON text, cut after 2,000 characters. */
  readonly arguments?: string;
  /** `tool`: what the model was told, as JSON text, cut after 2,000 characters. */
  readonly output?: string;
  /**
   * `tool`: `done`, `failed`, `timed_out`, `refused` or `call_ended`; `begun` in a record whose server died
   * while the tool was at work.
   */
  readonly outcome?: string;
  /** `tool`: how long it took, in milliseconds. */
  readonly durationMs?: number;
  /** `interruption`: how much of the answer that was cut off the caller had heard, in milliseconds. */
  readonly heardMs?: number;
  /** `keys`: 0 to 9, `*` and `#`, as they were pressed. */
  readonly digits?: string;
}

/** What a call used at OpenAI. */
export interface RecordUsage {
  /** Responses that used anything. */
  readonly responses: number;
  /**
   * Tokens by price: `textIn`, `audioIn` (both uncached), `cachedTextIn`, `cachedAudioIn`, `textOut`,
   * `audioOut`, and `unknown` for those of no kind that OpenAI named.
   */
  readonly tokens: Readonly<Record<string, number>>;
  /**
   * Transcription of the caller's turns: `tokensIn` and `tokensOut`, or `seconds`, as OpenAI bills the model.
   */
  readonly transcription: Readonly<Record<string, number>>;
}

/**
 * How long the caller waited, from the end of a turn as OpenAI reported it to the first audio of the answer.
 */
export interface RecordLatency {
  /** Turns that were answered. */
  readonly turns: number;
  /** Until the first audio came from OpenAI. */
  readonly received: RecordFigures;
  /** Until it was sent to Twilio. */
  readonly sent: RecordFigures;
  /** Until the caller heard it, as far as marks and clock tell. */
  readonly played: RecordFigures;
}

/** A distribution of waits over the last 200 turns, in whole milliseconds. */
export interface RecordFigures {
  /** Median. */
  readonly p50Ms: number;
  /** Longest. */
  readonly maxMs: number;
}

/** Audio of the streams that are over, in milliseconds. */
export interface RecordAudio {
  /** Caller audio sent to OpenAI, with the silence that stands for lost frames. */
  readonly uplinkMs: number;
  /** Caller audio dropped because OpenAI could not take it in time. */
  readonly uplinkDroppedMs: number;
  /** Silence put in for caller audio that never came. */
  readonly uplinkMissingMs: number;
  /** Model audio sent to Twilio. */
  readonly downlinkMs: number;
  /** Model audio dropped because the output buffer was full. */
  readonly downlinkDroppedMs: number;
}
