import type { Clock } from "../../util/clock.ts";

/**
 * The database's time, within as long as its quickest answers take: it decides where clocks of instances
 * differ.
 */
export class DatabaseTime {
  readonly #clock: Clock;
  /** What it is ahead of this machine's, in milliseconds. */
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): Date {
    return new Date(this.#clock.epoch() + this.#aheadMs);
  }

  /** Asks the database what time it is: it reads its clock between the question and the answer. */
  async learn(ask: () => Promise<Date>): Promise<Date> {
    const askedAtMs = this.#clock.epoch();
    const now = await ask();
    const mostMs = now.getTime() - askedAtMs;
    const leastMs = now.getTime() - this.#clock.epoch();
    // An answer that was long under way tells little: what is known already may be nearer.
    this.#aheadMs = Math.min(mostMs, Math.max(leastMs, this.#aheadMs));
    return now;
  }
}
