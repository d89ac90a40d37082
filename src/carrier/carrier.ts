import type { Business, TransferTarget } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";

/*
 * What a call needs of a telephone company: its audio (CallStream, and MediaStreamHandler for what comes in) and its
 * control (CallControl). The call knows nothing of what is behind these; `carrier/twilio` is one carrier.
 */

/** The audio of a live call, in both directions. All that is sent is ignored once the stream is over. */
export interface CallStream {
  /** Counters since the stream began. `missingAudioMs`: caller audio that never came, in milliseconds. */
  readonly stats: { readonly malformed: number; readonly missingAudioMs: number };
  /** True once the stream is over, whoever ended it. */
  readonly isEnded: boolean;
  /** Bytes handed to the socket that the network has not taken yet. */
  readonly backlogBytes: number;
  /** Queues audio at the carrier: base64 of raw mu-law, 8 kHz. */
  sendMedia(payload: string): void;
  /** Asks for an echo when the audio sent so far has been played. `name`: ASCII letters, digits and `:`. */
  sendMark(name: string): void;
  /** Drops all audio that the carrier has queued; the marks in it are echoed. */
  sendClear(): void;
  /** Ends the stream. Does nothing when it is over already. */
  close(): void;
}

/** Why a stream is over. `stopped`: the carrier said so. `closed`: the socket closed without a `stop`. `local`: we closed it. */
export type StreamEnd = "stopped" | "closed" | "local";

/** What a live stream tells the call. None of these may throw; if one does, the stream is closed. */
export interface MediaStreamHandler {
  /** Caller audio: base64 of mu-law in `text` from `start` to `end`. Returns false when it is not valid base64. */
  onAudio(text: string, start: number, end: number): boolean;
  /** Audio that should have been here is not: `durationMs` of silence take its place. */
  onMissingAudio(durationMs: number): void;
  /** The carrier echoed a mark: its audio was played, or was cleared. */
  onMark(name: string): void;
  /** The caller pressed a key: `0`–`9`, `*`, `#`. */
  onDtmf(digit: string): void;
  /** The caller has not been heard for so long that silence no longer takes the place of the audio. Once per outage. */
  onInboundLost(): void;
  /** The stream is over. Exactly once, and the last call. */
  onEnd(end: StreamEnd): void;
}

/** A way out of the media stream that we take ourselves. */
export type CallExit =
  /** We hang up. */
  | "agent_hung_up"
  /** Somebody else is rung; the call comes back when nobody answers there. */
  | "transferred"
  /** The conversation pauses, for key tones; the call comes back. */
  | "suspended";

/** What a call can do about itself. Each waits first until what was said has been heard. */
export interface CallControl {
  /**
   * The way out that the carrier was asked for and has not refused: a stream that ends now ends by it. The carrier may end
   * the stream before it answers the request.
   */
  readonly exit: CallExit | undefined;
  hangUp: HangUp;
  /**
   * Hands the caller over to somebody. When nobody answers there, the caller comes back into the conversation. Resolves
   * when the carrier has confirmed; of a call that is gone, only when its stream is over.
   * @throws {AppError} when the carrier refuses; the conversation then goes on. `call_leaving` when the call takes another way
   * out already, or is being transferred
   */
  transfer(target: TransferTarget): Promise<void>;
  /**
   * Plays key tones into the call; the conversation pauses meanwhile. `digits`: `0`–`9`, `*`, `#`, `w` for half a second.
   * Resolves as {@link transfer} does.
   * @throws {AppError} when the carrier refuses
   */
  sendDigits(digits: string): Promise<void>;
  /**
   * Gives the caller the business's fallback at once, whatever the stream still holds; unless the call is on its way out
   * already. Does not end the stream: the carrier does, or may be unable to.
   * @throws {AppError} when the carrier refuses
   */
  fallBack(): Promise<void>;
}

/** What a carrier needs to know and ask of the call that it controls. */
export interface ControlledCall {
  readonly callSid: string;
  readonly accountSid: string;
  readonly business: Business;
  /** What dialled people see; undefined shows the caller's own number. */
  readonly callerId: string | undefined;
  readonly stream: CallStream;
  /** Resolves when all that was said has been heard, or rejects with the signal's reason. */
  whenHeard(signal?: AbortSignal): Promise<void>;
  /** Keeps what the call needs to go on when it comes back. Called before the carrier is told: it may be back at once. */
  suspend(): void;
  /** The call does not come back after all. */
  forgetSuspended(): void;
}

/** Takes control of a call that has a stream now. */
export type OpenControl = (call: ControlledCall, log: Log) => CallControl;

/**
 * Hangs up. Resolves when the carrier has confirmed; a call that is gone already counts as hung up.
 *
 * @param signal calls it off, as long as the carrier has not been asked; without one it is final
 * @throws the signal's reason when it was called off: `hangUpCalledOff` or `hangUpReplaced`
 */
export type HangUp = (signal?: AbortSignal) => Promise<void>;

/** Why a stream begins other than as the first of a call that somebody just answered. */
const RESUME_REASONS = [
  /** Nobody answered where the call was transferred to. */
  "transfer_failed",
  /** The key tones have been played. */
  "digits_sent",
  /** We called, a machine answered, and its greeting is over: a message is to be left. */
  "answering_machine",
] as const;

/** One of those reasons. */
export type ResumeReason = typeof RESUME_REASONS[number];

/** True for a call that was streamed before; a machine is spoken to in the first stream of its call. */
export function isReturningCall(resume: ResumeReason | undefined): boolean {
  return resume !== undefined && resume !== "answering_machine";
}

/** Reads a name that travelled through a URL. */
export function parseResumeReason(text: string | null): ResumeReason | undefined {
  return RESUME_REASONS.find((resume) => resume === text);
}
