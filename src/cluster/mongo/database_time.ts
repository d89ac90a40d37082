import type { Clock } from "../../util/clock.ts";

/** The database's time, within a heartbeat: it decides where clocks of instances differ. */
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

  /** The database has just said what time it is. */
  set(now: Date): void {
    this.#aheadMs = now.getTime() - this.#clock.epoch();
  }
}
