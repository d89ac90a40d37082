/**
 * What goes wrong, and when. Faults are a list and may be combined. Sessions are counted from 1 over the emulator's life
 * (a refused upgrade counts), responses and committed turns from 1 within their session.
 */
export type Fault = FaultScope & FaultKind;

/** A number counted from 1, or all of them. */
export type Which = number | "every";

/** Which sessions, responses and turns a fault concerns, and how often. */
export interface FaultScope {
  /** Default `every`. */
  session?: Which;
  /** For faults of responses; default `every`. */
  response?: Which;
  /** For faults of turns; default `every`. */
  turn?: Which;
  /** How many times it happens, over all sessions. Default 1; `Infinity` for always. */
  times?: number;
}

export type FaultKind = UpgradeFault | SessionFault | PointFault | ResponseFault | TurnFault;

/** How the connection begins. */
export type UpgradeFault =
  /** Answers the upgrade with an HTTP status. */
  | { kind: "refuse_upgrade"; status: number; code?: string }
  /** Accepts, then an `error` event and a close: default `invalid_api_key` and 3000, as seen of the API. */
  | { kind: "reject_after_open"; code?: string; closeCode?: number };

/** `expires_at` lies only so far ahead. The session is ended then, unless `isEnforced` is false. */
export type SessionFault = { kind: "short_expiry"; seconds: number; isEnforced?: boolean };

/** Happens when a session reaches a point. */
export type PointFault = { at: Point } & PointAction;

export type PointAction =
  /** Cuts the connection with no close frame. */
  | { kind: "drop" }
  | { kind: "close"; code: number; reason?: string }
  /** Neither reads nor sends any more, and leaves the connection open. */
  | { kind: "stall" }
  /** An `error` event that no client event caused. Type and message default to the API's for known codes. */
  | { kind: "error"; code: string; message?: string; type?: string }
  /** `error` with `session_expired`, then a close. */
  | { kind: "session_expired" }
  /** Sends an event of any shape, by default one of a type that does not exist. `event_id` is added. */
  | { kind: "inject"; event?: { type: string; [field: string]: unknown } };

/** A point of a session's life. */
export type Point =
  | PointName
  /** So much time since `session.created`, in milliseconds. */
  | { elapsedMs: number }
  /** So much audio was appended, in milliseconds. */
  | { appendedMs: number }
  /** So much audio of one response was sent, in milliseconds. */
  | { audioMs: number };

export type PointName =
  | "session_created"
  /** A good `session.update` has come and is not answered yet. */
  | "before_session_updated"
  | "session_updated"
  | "speech_started"
  | "speech_stopped"
  | "committed"
  | "response_created"
  | "response_done"
  /** `response.done` of a response with function calls was sent; their output has not come. */
  | "function_call_pending";

/** How the model behaves in a response. */
export type ResponseFault =
  /**
   * `response.done` with status `failed`, after so much audio (default 0: before any output). `code` is such as
   * `insufficient_quota`, `rate_limit_exceeded`, `server_error`.
   */
  | { kind: "response_fails"; code: string; message?: string; afterAudioMs?: number }
  /** `response.done` with status `incomplete`, after so much audio. */
  | { kind: "response_incomplete"; reason: "max_output_tokens" | "content_filter"; afterAudioMs?: number }
  /** `response.created` comes, and nothing after it until the response is cancelled. */
  | { kind: "stuck_response" }
  /** So much time between `response.created` and the first output, in milliseconds. */
  | { kind: "slow_first_audio"; ms: number }
  /** When the response is cancelled, so many more audio deltas follow its `response.done`. Default 3. */
  | { kind: "late_deltas"; count?: number }
  /**
   * A function call stops after so many characters of its arguments (default half of them) and ends as an interrupted one
   * does: `arguments.done` with cut JSON, item `incomplete`, response `cancelled`. It ends when it is interrupted or
   * cancelled, or after `holdMs` (default `Infinity`).
   */
  | { kind: "cut_function_call"; chars?: number; holdMs?: number }
  /** `response.function_call_arguments.done` comes twice. */
  | { kind: "duplicate_arguments_done" }
  /** The arguments of a function call, complete as they seem, are these: by default no JSON. */
  | { kind: "invalid_tool_arguments"; arguments?: string };

/** What becomes of a committed turn. */
export type TurnFault =
  /** It is never answered. */
  | { kind: "silent_model" }
  /**
   * When its transcript comes: before `response.created`, after the `response.done` that answers it, `lateMs` after the
   * commit (default 1000), as `failed`, or never.
   */
  | {
    kind: "transcription";
    order: "before_response" | "after_response" | "late" | "failed" | "never";
    lateMs?: number;
  };

/** The fault of one kind. */
export type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;
