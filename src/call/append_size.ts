/** Audio of one append when the process has time: one frame, so that the model hears as soon as it can. */
export const LEAST_APPEND_MS = 20;
/** Audio of one append under load. Fewer, larger messages cost less CPU; below this the saving is nothing. */
export const MOST_APPEND_MS = 100;
/** The loop lag at which appends are large, and the one at which they are small again. Between them they stay as they are. */
const LARGE_AT_LAG_MS = 8;
const SMALL_AT_LAG_MS = 3;

/** Chooses how much audio one append carries, from how late the event loop runs. */
export class AppendSize {
  #appendMs = LEAST_APPEND_MS;

  /** Milliseconds of audio for the next append, given the lag now. */
  at(lagMs: number): number {
    if (lagMs >= LARGE_AT_LAG_MS) this.#appendMs = MOST_APPEND_MS;
    else if (lagMs <= SMALL_AT_LAG_MS) this.#appendMs = LEAST_APPEND_MS;
    return this.#appendMs;
  }
}
