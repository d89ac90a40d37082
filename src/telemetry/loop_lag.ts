import { after, type Clock, type Timer } from "../util/clock.ts";

/** Between two measurements. */
export const SAMPLE_INTERVAL_MS = 100;
/** Share of a new measurement in the running mean. */
const WEIGHT = 0.2;

/** How late the event loop runs its deadlines: the measure of a process that has too much to do. */
export class LoopLag implements Disposable {
  readonly #clock: Clock;
  #timer: Timer;
  #meanMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = this.#schedule();
  }

  /** Running mean of the lateness over about the last half second, in milliseconds. */
  get meanMs(): number {
    return this.#meanMs;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    const dueMs = this.#clock.now() + SAMPLE_INTERVAL_MS;
    return this.#timer = after(this.#clock, SAMPLE_INTERVAL_MS, () => {
      const lateMs = Math.max(0, this.#clock.now() - dueMs);
      this.#meanMs += WEIGHT * (lateMs - this.#meanMs);
      this.#schedule();
    });
  }
}
