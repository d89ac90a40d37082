/**
 * Sessions that may stall without one between them that took a whole turn of the caller; then the line to
 * OpenAI is no good, and neither is a new one.
 */
export const MAX_STALLED_SESSIONS = 3;

/** Counts sessions that stalled one after another. */
export class StalledSessions {
  #inARow = 0;

  /** Another one takes no audio any more. Returns true when these are {@link MAX_STALLED_SESSIONS}. */
  add(): boolean {
    return ++this.#inARow >= MAX_STALLED_SESSIONS;
  }

  /** A session took a whole turn of the caller. */
  served(): void {
    this.#inARow = 0;
  }
}
