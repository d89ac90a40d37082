/** Audio of one append when the process has time: one frame, so that the model hears as soon as it can. */
export const LEAST_APPEND_MS = 20;
/**
 * Audio of one append when there are many calls. What is sent costs as much for one frame as for three; that the model hears
 * 20 ms later on average, and 40 at most, is the price.
 */
const SHARED_APPEND_MS = 60;
/** Audio of one append when the process is overloaded: then the latency of a full event loop is worse. */
export const MOST_APPEND_MS = 100;
/** So many calls at once, and each append carries a frame more, up to {@link SHARED_APPEND_MS}. */
const CALLS_PER_FRAME = 25;
/** The loop lag at which appends are large, and the one at which they follow the calls again. Between them they stay as they are. */
const LARGE_AT_LAG_MS = 8;
const SMALL_AT_LAG_MS = 3;

/**
 * Chooses how much audio one append carries: 20 ms while there are few calls, 40 ms from 25 on and 60 ms from 50 on, and
 * 100 ms when the event loop runs late.
 */
export class AppendSize {
  #isLagging = false;

  /** Milliseconds of audio for the next append, a multiple of 20, given the lag and the calls now. */
  at(lagMs: number, calls: number): number {
    if (lagMs >= LARGE_AT_LAG_MS) this.#isLagging = true;
    else if (lagMs <= SMALL_AT_LAG_MS) this.#isLagging = false;
    if (this.#isLagging) return MOST_APPEND_MS;
    return Math.min(SHARED_APPEND_MS, LEAST_APPEND_MS * (1 + Math.floor(calls / CALLS_PER_FRAME)));
  }
}
