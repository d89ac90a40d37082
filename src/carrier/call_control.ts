import type { TransferTarget } from "../businesses/business.ts";

/** A way out of the media stream that we take ourselves. */
export type CallExit =
  /** We hang up. */
  | "agent_hung_up"
  /** Somebody else is rung; the call comes back when nobody answers there. */
  | "transferred"
  /** The conversation pauses, for key tones; the call comes back. */
  | "suspended";

/** What a call can do about itself, by Twilio's REST API. Each waits first until what was said has been heard. */
export interface CallControl {
  /**
   * The way out that Twilio was asked for and has not refused: a stream that ends now ends by it. Twilio may end the stream
   * before it answers the request.
   */
  readonly exit: CallExit | undefined;
  hangUp: HangUp;
  /**
   * Hands the caller over to somebody. When nobody answers there, the caller comes back into the conversation. Resolves
   * when Twilio has confirmed; of a call that is gone, only when its stream is over.
   * @throws {AppError} when Twilio refuses; the conversation then goes on. `call_leaving` when the call takes another way
   * out already, or is being transferred
   */
  transfer(target: TransferTarget): Promise<void>;
  /**
   * Plays key tones into the call; the conversation pauses meanwhile. `digits`: `0`–`9`, `*`, `#`, `w` for half a second.
   * Resolves as {@link transfer} does.
   * @throws {AppError} when Twilio refuses
   */
  sendDigits(digits: string): Promise<void>;
  /** Keeps a message for the business, taken down from the caller. */
  takeMessage(message: TakenMessage): void;
}

/**
 * Hangs up. Resolves when Twilio has confirmed; a call that is gone already counts as hung up.
 *
 * @param signal calls it off, as long as Twilio has not been asked; without one it is final
 * @throws the signal's reason when it was called off: `hangUpCalledOff` or `hangUpReplaced`
 */
export type HangUp = (signal?: AbortSignal) => Promise<void>;

/** A message for the business. */
export interface TakenMessage {
  readonly callerName: string;
  readonly number: string;
  readonly text: string;
}
