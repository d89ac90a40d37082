/**
 * With deadlines this late in the mean, callers notice: answers come so much later, since what was said waits. Nothing is
 * lost of what they hear, which lies with Twilio seconds ahead. No more calls are taken.
 */
export const LATE_MS = 80;
/** Calls are taken again when the mean has come down to this. */
export const IN_TIME_MS = 40;
/** From here on it is nearly late: said before callers are refused. */
export const NEARLY_LATE_MS = 60;
/** Share of a new measurement in the mean, of ten a second: it looks back about a second. */
const WEIGHT = 0.1;
/** A measurement counts for this much at most: one pause, however long, is no overload. */
const MOST_MS = 400;

/** Whether the event loop keeps up, judged over a second or so and with a memory, so that it does not change with every look. */
export class LagGate {
  #meanMs = 0;
  #isLate = false;

  /** How late a deadline was run, in milliseconds; to be told ten times a second. */
  add(lateMs: number): void {
    this.#meanMs += WEIGHT * (Math.min(lateMs, MOST_MS) - this.#meanMs);
    if (this.#meanMs >= LATE_MS) this.#isLate = true;
    else if (this.#meanMs <= IN_TIME_MS) this.#isLate = false;
  }

  /** True from when the loop is late until it is well in time again. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** True when it is late, or close to it. */
  get isNearlyLate(): boolean {
    return this.#isLate || this.#meanMs >= NEARLY_LATE_MS;
  }
}
