/** Audio of one append while the process has time: one frame, so that the model hears as soon as it can. */
export const LEAST_APPEND_MS = 20;
/** Longest append, for when the process is overloaded: the latency of a full event loop would be worse. */
export const MAX_APPEND_MS = 100;

/**
 * The sizes of appends while the event loop is in time: each from the use of a core on at which it is taken,
 * and kept until the use falls below the other. Sending costs as much for one frame as for three, so a larger
 * size takes less itself, and must not look idle for that.
 */
const SIZES = [
  { ms: LEAST_APPEND_MS, from: 0, until: -Infinity },
  { ms: 40, from: 0.5, until: 0.4 },
  { ms: 60, from: 0.65, until: 0.5 },
] as const;
/**
 * The mean lateness at which appends are largest, and the one at which they follow the use of the core again.
 * In between they stay as they are.
 */
const LARGE_AT_LAG_MS = 8;
const SMALL_AT_LAG_MS = 3;
/** Weight of a new measurement in that mean: ten a second, so it looks back about half a second. */
const WEIGHT = 0.2;
/**
 * What one measurement counts for at most. A loop that stood still once is on time again when that is known,
 * and larger appends would only make callers wait longer: it takes five late ones in a row.
 */
const MAX_LATENESS_MS = 12;

/**
 * How much audio one append carries, for all calls: 20 ms while the process uses less than half of a core,
 * however many calls it has, 40 and 60 ms when it uses more, and 100 ms while the event loop runs late.
 */
export class AppendSize {
  /** Milliseconds of audio, a multiple of 20, at most {@link MAX_APPEND_MS}. Read for every frame. */
  ms: number = LEAST_APPEND_MS;
  #size = 0;
  #lagMs = 0;
  #isLagging = false;

  /**
   * Follows the load, ten times a second: how late the event loop is now, in milliseconds, and the share of a
   * core that is in use.
   */
  update(lateMs: number, coreUse: number): void {
    this.#lagMs += WEIGHT * (Math.min(lateMs, MAX_LATENESS_MS) - this.#lagMs);
    if (this.#lagMs >= LARGE_AT_LAG_MS) this.#isLagging = true;
    else if (this.#lagMs <= SMALL_AT_LAG_MS) this.#isLagging = false;
    while (this.#size + 1 < SIZES.length && coreUse >= SIZES[this.#size + 1].from) this.#size++;
    while (coreUse < SIZES[this.#size].until) this.#size--;
    this.ms = this.#isLagging ? MAX_APPEND_MS : SIZES[this.#size].ms;
  }
}
