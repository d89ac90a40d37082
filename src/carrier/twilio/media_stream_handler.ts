/** Why a stream is over. `stopped`: Twilio said so. `closed`: the socket closed without a `stop`. `local`: we closed it. */
export type StreamEnd = "stopped" | "closed" | "local";

/** What a live stream tells the call. None of these may throw; if one does, the stream is closed with 1011. */
export interface MediaStreamHandler {
  /** Caller audio: base64 of mu-law in `text` from `start` to `end`. Returns false when it is not valid base64. */
  onAudio(text: string, start: number, end: number): boolean;
  /** Audio that should have been here is not: `durationMs` of silence take its place. */
  onMissingAudio(durationMs: number): void;
  /** Twilio echoed a mark: its audio was played, or was cleared. */
  onMark(name: string): void;
  /** The caller pressed a key: `0`–`9`, `*`, `#`. */
  onDtmf(digit: string): void;
  /** No media for `MAX_GAP_FILL_MS` of `inbound_track.ts`: the caller can't be heard any more. Once per outage. */
  onInboundLost(): void;
  /** The stream is over. Exactly once, and the last call. */
  onEnd(end: StreamEnd): void;
}

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
