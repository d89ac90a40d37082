import { after, type Clock, type Timer } from "../../util/clock.ts";

/** The deadlines of one session, all called off at its end. */
export class Alarms {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `run` once after `ms`, unless the session has ended by then. */
  after(ms: number, run: () => void): void {
    if (this.#isClosed || ms === Infinity) return;
    const timer = after(this.#clock, ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  cancelAll(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
