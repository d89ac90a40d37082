import type { Clock } from "../../util/clock.ts";

/**
 * The database's time, within as long as its quickest answers take: it decides where clocks of instances
 * differ. In between it goes on by the monotonic clock, so that a machine whose clock is set writes of no
 * other hour.
 */
export class DatabaseTime {
  readonly #clock: Clock;
  /** What it is ahead of the monotonic clock, in milliseconds; by this machine's own time at first. */
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aheadMs = clock.epoch() - clock.now();
  }

  now(): Date {
    return new Date(this.#clock.now() + this.#aheadMs);
  }

  /** Asks the database what time it is: it reads its clock between the question and the answer. */
  async learn(ask: () => Promise<Date>): Promise<Date> {
    const askedAtMs = this.#clock.now();
    const now = await ask();
    const mostMs = now.getTime() - askedAtMs;
    const leastMs = now.getTime() - this.#clock.now();
    // An answer that was long under way tells little: what is known already may be nearer.
    this.#aheadMs = Math.min(mostMs, Math.max(leastMs, this.#aheadMs));
    return now;
  }
}
