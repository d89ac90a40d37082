/** Something that Twilio would not do. */
export interface StreamViolation {
  /** Stable. */
  readonly code: string;
  readonly detail: string;
  /** Messages of the stream that have been ignored as malformed by now. */
  readonly malformed: number;
  /** From `start`; undefined before it. */
  readonly callSid: string | undefined;
}

/** What the stream tells its operator, not the call. */
export interface MediaStreamObserver {
  /** Something came in that was ignored (the first `MAX_REPORTED_MESSAGES` are told), or that ends the stream (always). */
  onViolation(violation: StreamViolation): void;
  /** A handler threw. The stream is closed after this. */
  onHandlerError(error: unknown): void;
}
