import { STALL_FILL_MS } from "./inbound_track.ts";

/** After this long without any message, a mark asks whether Twilio is still there. */
export const ASK_AFTER_MS = 15_000;
/** After this long without any message the connection counts as lost, though our side of it is still open. */
export const LOST_AFTER_MS = ASK_AFTER_MS + 10_000;

/**
 * Detects a connection that is open on our side only. The runtime could ping, but resets a timer for each
 * message that it gets; a mark that Twilio echoes serves as well, and is sent only when it has been quiet for
 * long.
 */
export class StreamSilence {
  /** For how long no message has come, as far as it was looked, and how many had come at the last look. */
  #quietMs = 0;
  #messagesBefore = 0;

  /**
   * Looks every {@link STALL_FILL_MS} while no audio comes.
   * @param messages that have come so far
   * @returns whether to ask for a sign of life now, or to give the connection up
   */
  look(messages: number): "ask" | "lost" | undefined {
    this.#quietMs = messages === this.#messagesBefore ? this.#quietMs + STALL_FILL_MS : 0;
    this.#messagesBefore = messages;
    if (this.#quietMs === ASK_AFTER_MS) return "ask";
    return this.#quietMs >= LOST_AFTER_MS ? "lost" : undefined;
  }
}
