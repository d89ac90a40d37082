import { after, type Clock, type Timer } from "../util/clock.ts";

/** Something that a call which is over still waits for, so that its record has it. */
export interface Remainder {
  /** Runs `run` once nothing of it is waited for any more: at once when that is so already. */
  afterwards(run: () => void): void;
  /** Waits no longer. */
  end(): void;
}

/** What is still to come of a call that is over: its caller's last words, and what its tools are doing. */
export class CallRemains implements Remainder {
  readonly #clock: Clock;
  #left: Remainder[];
  #onOver: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(remainders: readonly Remainder[], clock: Clock) {
    this.#clock = clock;
    this.#left = [...remainders];
    for (const remainder of remainders) remainder.afterwards(() => this.#over(remainder));
  }

  afterwards(run: () => void): void {
    if (this.#left.length === 0) run();
    else this.#onOver = run;
  }

  end(): void {
    for (const remainder of [...this.#left]) remainder.end();
  }

  /** Waits no longer than for this many milliseconds. */
  endWithin(ms: number): void {
    if (this.#left.length > 0) this.#timer ??= after(this.#clock, ms, () => this.end());
  }

  #over(remainder: Remainder): void {
    this.#left = this.#left.filter((left) => left !== remainder);
    if (this.#left.length > 0) return;
    this.#timer?.cancel();
    this.#onOver?.();
  }
}
