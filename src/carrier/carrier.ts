import type { Business, TransferTarget } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";

/*
 * What a call needs of a telephone company. A carrier implements two interfaces for each call, and is told of
 * the call by two:
 *
 *              carrier implements    call implements
 *   audio      CallStream            MediaStreamHandler
 *   control    CallControl           ControlledCall
 *
 * Audio is base64 of raw mu-law, 8 kHz, mono. The call knows nothing of what is behind these;
 * `carrier/twilio` is the carrier that is built in, with `media_stream.ts` for the audio and
 * `call_control.ts` for the control.
 */

/**
 * The audio of a live call. Sending never throws and never waits; what is sent is ignored once the stream is
 * over.
 */
export interface CallStream {
  /**
   * Counters since the stream began. `malformed`: messages ignored. `missingAudioMs`: caller audio that never
   * came.
   */
  readonly stats: { readonly malformed: number; readonly missingAudioMs: number };
  /** True once the stream is over, whoever ended it. */
  readonly isEnded: boolean;
  /** Bytes handed to the socket that the network has not taken yet. */
  readonly backlogBytes: number;
  /** Queues audio at the carrier, which plays it after all that was sent before. */
  sendMedia(payload: string): void;
  /** Asks for `onMark` once the audio sent so far has been played. `name`: ASCII letters, digits and `:`. */
  sendMark(name: string): void;
  /** Drops all audio that the carrier has queued. It echoes the marks in it all the same. */
  sendClear(): void;
  /**
   * Ends the stream, and tells the handler of it before it returns. Does nothing when the stream is over
   * already.
   */
  close(): void;
}

/**
 * Why a stream is over. `stopped`: the carrier said so. `closed`: the connection was lost. `local`: we closed
 * it.
 */
export type StreamEnd = "stopped" | "closed" | "local";

/** Where the caller's audio goes. */
export interface CallerAudioSink {
  /**
   * Takes a frame: base64 of mu-law, 8 kHz, in `text` from `start` to `end`. Returns false when it is not
   * valid base64.
   */
  write(text: string, start: number, end: number): boolean;
  /** Audio that should have been here is not: takes `durationMs` of silence in its place. */
  writeSilence(durationMs: number): void;
}

/** What a live stream tells the call. None of these may throw; if one does, the stream is closed. */
export interface MediaStreamHandler {
  /** Takes the caller's audio, straight from the stream, as long as it lasts. */
  readonly callerAudio: CallerAudioSink;
  /** The carrier echoed a mark: its audio was played, or was cleared. */
  onMark(name: string): void;
  /** The caller pressed a key: `0`–`9`, `*`, `#`. */
  onDtmf(digit: string): void;
  /**
   * The caller has not been heard for so long that silence no longer takes the place of the audio. Once per
   * outage.
   */
  onInboundLost(): void;
  /** The stream is over. Exactly once, and the last call. */
  onEnd(end: StreamEnd): void;
}

/** How a call leaves its media stream on our own request. */
export type CallExit =
  /** We hang up. */
  | "agent_hung_up"
  /** Somebody else is rung; the call comes back when nobody answers there. */
  | "transferred"
  /** The conversation pauses while key tones are played; the call comes back. */
  | "suspended";

/**
 * What a call can ask of its carrier. All but {@link fallBack} first wait until what was said has been heard.
 * A call leaves once: the first exit that is asked for is taken, and only when that one fails may another be.
 */
export interface CallControl {
  /**
   * The exit that the carrier was asked for and has not refused: a stream that ends now ends by it. The
   * carrier may end the stream before it answers the request.
   */
  readonly exit: CallExit | undefined;
  /**
   * Hangs up. Resolves when the carrier has confirmed; a call that is gone already counts as hung up. Asked
   * for while another exit is taken, it waits, and hangs up only if that one fails.
   *
   * @param signal calls it off, as long as the carrier has not been asked; without one it is final
   * @throws the signal's reason when it was called off: `hangUpCalledOff` or `hangUpReplaced`
   */
  hangUp(signal?: AbortSignal): Promise<void>;
  /**
   * Hands the caller over to somebody. When nobody answers there, the caller comes back into the
   * conversation. Resolves when the carrier has confirmed; for a call that is gone, only when its stream is
   * over.
   *
   * @param calledOff calls it off, as long as the carrier has not been asked; without one it is final
   * @throws {AppError} when the carrier refuses; the conversation then goes on. `call_leaving` when another
   * exit is taken already, `call_over` when the stream ended before everything had been heard. The signal's
   * reason when it was called off
   */
  transfer(target: TransferTarget, calledOff?: AbortSignal): Promise<void>;
  /**
   * Plays key tones into the call; the conversation pauses meanwhile. Resolves and fails as {@link transfer}
   * does.
   *
   * @param digits `0`–`9`, `*`, `#`, and `w` for half a second of silence
   * @throws {RangeError} for anything else
   */
  sendDigits(digits: string, calledOff?: AbortSignal): Promise<void>;
  /**
   * Gives the caller the business's fallback at once, whatever the stream still holds. Does nothing when
   * another exit is taken already. Does not end the stream: the carrier does, or may be unable to.
   *
   * @throws {AppError} when the carrier refuses
   */
  fallBack(): Promise<void>;
}

/** What a carrier needs to know and ask of the call that it controls. */
export interface ControlledCall {
  /** The carrier's name for the call. */
  readonly callSid: string;
  /** The account of the carrier that the call belongs to. */
  readonly accountSid: string;
  readonly business: Business;
  /** The number that people whom we dial see; undefined shows them the caller's own. */
  readonly callerId: string | undefined;
  readonly stream: CallStream;
  /** Resolves when all that was said has been heard and nobody is typing, or the signal is aborted. */
  whenHeard(signal?: AbortSignal): Promise<void>;
  /**
   * Keeps what the call needs to go on when it comes back. Called before the carrier is told: it may be back
   * at once.
   */
  suspend(): void;
  /** The call does not come back after all. */
  forgetSuspended(): void;
  /**
   * The carrier takes its time to put the caller through or to play key tones: the caller should hear a word.
   */
  onSlow(): void;
}

/** Takes control of a call that has a stream now. */
export type OpenControl = (call: ControlledCall, log: Log) => CallControl;

/** Why a stream begins other than as the first of a call that somebody just answered. */
const RESUME_REASONS = [
  /** Nobody answered where the call was transferred to. */
  "transfer_failed",
  /** The key tones have been played. */
  "digits_sent",
  /** The instance that had the call handed it over, and the talk goes on as if nothing were. */
  "moved",
  /** The instance that had the call died: the talk goes on from what was known of it last. */
  "rescued",
  /** We called, a machine answered, and its greeting is over: a message is to be left. */
  "answering_machine",
] as const;

/** One of those reasons. */
export type ResumeReason = typeof RESUME_REASONS[number];

/** True for a call that was streamed before. A machine is spoken to in the first stream of its call. */
export function isReturningCall(resume: ResumeReason | undefined): boolean {
  return resume !== undefined && resume !== "answering_machine";
}

/** True for a call that was in the middle of its talk in another instance of the fleet. */
export function isTakenUp(resume: ResumeReason | undefined): boolean {
  return resume === "moved" || resume === "rescued";
}

/** Reads a reason that travelled through a URL; undefined for anything else. */
export function parseResumeReason(text: string | null): ResumeReason | undefined {
  return RESUME_REASONS.find((resume) => resume === text);
}
