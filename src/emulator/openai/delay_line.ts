import type { Clock, Timer } from "../../util/clock.ts";

/** A network of constant delay: what goes in comes out in the same order, so many milliseconds later. */
export class DelayLine {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #queue: { deadlineMs: number; run: () => void }[] = [];
  #timer: Timer | undefined;

  /** @param delayMs 0: things pass at once */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  pass(run: () => void): void {
    if (this.#delayMs <= 0) return run();
    this.#queue.push({ deadlineMs: this.#clock.now() + this.#delayMs, run });
    this.#arm();
  }

  /** Loses what is under way. */
  clear(): void {
    this.#queue.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timer || this.#queue.length === 0) return;
    this.#timer = this.#clock.at(this.#queue[0].deadlineMs, () => {
      this.#timer = undefined;
      const nowMs = this.#clock.now();
      while (this.#queue.length > 0 && this.#queue[0].deadlineMs <= nowMs) this.#queue.shift()!.run();
      this.#arm();
    });
  }
}
