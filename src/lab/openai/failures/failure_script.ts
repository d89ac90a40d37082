/**
 * What goes wrong, and when. A script is a list; failures that concern the same thing all happen. Sessions,
 * responses and turns are counted from 1: sessions over the emulator's life (a refused upgrade counts),
 * responses and committed turns within their session.
 */
export type FailureScript = readonly Failure[];

/** A number, some numbers, or a range with both ends included. */
export type Numbers = number | readonly number[] | { from?: number; to?: number };

/** One thing that goes wrong; in all sessions unless `sessions` names some. */
export type Failure = { sessions?: Numbers } & (UpgradeFailure | LifeFailure | PointFailure | ModelFailure);

/** How the connection begins. */
export type UpgradeFailure =
  /** Answers the upgrade with an HTTP status. */
  | { failure: "refuse_upgrade"; status: number; code?: string; message?: string }
  /** Takes the upgrade, then `error` with `invalid_api_key` and close 3000, as seen of the API in 2024. */
  | { failure: "refuse_key" }
  /** Takes the connection and never answers the upgrade. */
  | { failure: "ignore_upgrade" };

/** How long the session lives. */
export type LifeFailure =
  /** `expires_at` lies only so far ahead, and is kept. */
  { failure: "short_session"; seconds: number };

/** Happens once a session, at a point of it. */
export type PointFailure = { at: Point } & PointAction;

/** What happens at a point. */
export type PointAction =
  /** Cuts the connection with no close frame. */
  | { failure: "drop" }
  | { failure: "close"; code: number; reason?: string }
  /** Neither reads nor sends from now on, and leaves the connection open. */
  | { failure: "stall" }
  /**
   * Reads nothing from now on, so that the client's messages pile up on their way; sends what it has to say.
   */
  | { failure: "stop_reading" }
  /** An `error` event that no client event caused. Type and message default to the API's for known codes. */
  | { failure: "error"; code: string; message?: string; type?: string }
  /** `error` with `session_expired`, then close. */
  | { failure: "expire" }
  /** Sends an event of any shape. `event_id` is added. */
  | { failure: "inject"; event: { type: string; [field: string]: unknown } };

/** Points of a session's life. */
export type Point =
  | { on: "session_created" | "session_updated" }
  /** A valid `session.update` has come and is not answered yet. */
  | { on: "session_update" }
  /** So much audio was appended, in milliseconds. */
  | { on: "appended"; afterMs: number }
  /** So much time has passed since `session.created`, in milliseconds. */
  | { on: "elapsed"; afterMs: number }
  /** The event was just sent. */
  | { on: "speech_started" | "speech_stopped"; turns?: Numbers }
  | { on: "response_created" | "response_done"; responses?: Numbers }
  /** So much audio of a response was sent, in milliseconds. */
  | { on: "audio"; afterMs: number; responses?: Numbers }
  /** A function call is complete (`output_item.done` was sent) and its output is awaited. */
  | { on: "function_call"; responses?: Numbers }
  /** The client's output of a call was taken. */
  | { on: "function_call_output" };

/** How the model behaves. */
export type ModelFailure =
  /** Turns are committed and never answered. */
  | { failure: "silent_model"; turns?: Numbers }
  /** Time between `response.created` and the first output, in milliseconds; `Infinity`: it never comes. */
  | { failure: "slow_response"; delayMs: number; responses?: Numbers }
  /**
   * `response.done` with status `failed`, after so much audio (default 0: before any output).
   * `insufficient_quota`, `rate_limit_exceeded`, `server_error` and others by `code`.
   */
  | {
    failure: "response_fails";
    code: string;
    message?: string;
    type?: string;
    afterMs?: number;
    responses?: Numbers;
  }
  /** `response.done` with status `incomplete`, after so much audio. */
  | {
    failure: "response_incomplete";
    reason: "max_output_tokens" | "content_filter";
    afterMs?: number;
    responses?: Numbers;
  }
  /**
   * A cancelled response still sends `count` audio deltas: between `speech_started` and its `.done` events
   * (default), or after its `response.done`.
   */
  | {
    failure: "late_deltas";
    count: number;
    after?: "speech_started" | "response_done";
    responses?: Numbers;
  }
  /**
   * A function call stops after `chars` characters of its arguments. When speech or the client cancels it, or
   * else after `holdMs` (default 0), it ends as an interrupted one does: `arguments.done` with cut JSON, item
   * `incomplete`, response `cancelled`.
   */
  | { failure: "cut_function_call"; chars: number; holdMs?: number; responses?: Numbers }
  | { failure: "duplicate_arguments_done"; responses?: Numbers }
  /**
   * When the transcript of a turn comes: before `response.created`, after the `response.done` that answers
   * it, after the next turn's transcript, as `failed`, or not at all. Unscripted it comes a little after the
   * commit.
   */
  | { failure: "transcription"; order: TranscriptionOrder; turns?: Numbers };

/** When the transcript of a turn comes. */
export type TranscriptionOrder =
  | "before_response"
  | "after_response"
  | "after_next_turn"
  | "failed"
  | "never";

/** True when `numbers` includes `number`; undefined includes all. */
export function includes(numbers: Numbers | undefined, number: number): boolean {
  if (numbers === undefined) return true;
  if (typeof numbers === "number") return numbers === number;
  if (isList(numbers)) return numbers.includes(number);
  return number >= (numbers.from ?? 1) && number <= (numbers.to ?? Infinity);
}

function isList(numbers: Numbers): numbers is readonly number[] {
  return Array.isArray(numbers);
}
