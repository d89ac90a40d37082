/** A response as tests see it. Times in milliseconds since the session's start. */
export interface ResponseRecord {
  readonly id: string;
  /** From 1, within the session. */
  readonly number: number;
  status: "in_progress" | "completed" | "cancelled" | "failed" | "incomplete";
  /** Such as `turn_detected`, `client_cancelled`, or an error's code. */
  reason?: string;
  readonly metadata: Record<string, string> | null;
  readonly trigger: "turn" | "instructions" | "tool_result";
  readonly instructions: string;
  readonly startedAtMs: number;
  endedAtMs?: number;
  /** Audio that was sent. */
  audioMs: number;
}

/** How a session ended. Code 1006: without a close frame. */
export interface SessionClose {
  code: number;
  reason: string;
  /** The client closed, or its connection broke. */
  byClient: boolean;
}

/** A client event as it came, in order, and when: milliseconds since the session's start. Appends are not kept. */
export interface ReceivedEvent {
  readonly type: string;
  readonly event_id?: string;
  readonly atMs: number;
  // deno-lint-ignore no-explicit-any -- tests look into events of many shapes
  readonly [field: string]: any;
}

/** Client events kept per session; what comes later is dropped. */
export const MAX_RECEIVED_EVENTS = 2000;
