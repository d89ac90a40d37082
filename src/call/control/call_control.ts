import type { TransferTarget } from "../../businesses/business.ts";

/** What a call can do about itself, by Twilio's REST API. Each waits first until what was said has been heard. */
export interface CallControl {
  /** Hangs up. Resolves when Twilio has confirmed; a call that is gone already counts as hung up. */
  hangUp(): Promise<void>;
  /**
   * Hands the caller over to somebody. When nobody answers there, the caller comes back into the conversation.
   * @throws {AppError} when Twilio refuses; the conversation then goes on
   */
  transfer(target: TransferTarget): Promise<void>;
  /**
   * Plays key tones into the call; the conversation pauses meanwhile. `digits`: `0`–`9`, `*`, `#`, `w` for half a second.
   * @throws {AppError} when Twilio refuses
   */
  sendDigits(digits: string): Promise<void>;
  /** Keeps a message for the business, taken down from the caller. */
  takeMessage(message: TakenMessage): void;
}

/** A message for the business. */
export interface TakenMessage {
  readonly callerName: string;
  readonly number: string;
  readonly text: string;
}
