import type { Clock, Timer } from "../../src/util/clock.ts";

/** How often it is looked whether the process stands still. */
export const STALL_STEP_MS = 5;
/** Stalls remembered. The older ones are forgotten. */
const MAX_STALLS = 10_000;

/**
 * Looks how late the process's deadlines run: for how long nothing that arrived was noticed, since the machine was busy with
 * other things. Holds a deadline of the clock until it is disposed of.
 */
export class StallWatch implements Disposable {
  readonly #clock: Clock;
  readonly #stalls: { fromMs: number; toMs: number }[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#watch();
  }

  /** The longest stall that touches a span of time. */
  longestBetween(fromMs: number, toMs: number): number {
    return this.#between(fromMs, toMs).reduce(
      (longest, stall) => Math.max(longest, stall.toMs - stall.fromMs),
      0,
    );
  }

  /** How much of a span of time the process stood still in all. */
  sumBetween(fromMs: number, toMs: number): number {
    return this.#between(fromMs, toMs).reduce(
      (sum, stall) => sum + Math.min(stall.toMs, toMs) - Math.max(stall.fromMs, fromMs),
      0,
    );
  }

  /** How many times longer things took in a span of time than they would where the process never stood still. */
  slownessBetween(fromMs: number, toMs: number): number {
    const ms = toMs - fromMs;
    return ms / Math.max(ms - this.sumBetween(fromMs, toMs), STALL_STEP_MS);
  }

  #between(fromMs: number, toMs: number) {
    return this.#stalls.filter((stall) => stall.toMs >= fromMs && stall.fromMs <= toMs);
  }

  #watch(): void {
    const fromMs = this.#clock.now() + STALL_STEP_MS;
    this.#timer = this.#clock.at(fromMs, () => {
      const toMs = this.#clock.now();
      if (toMs - fromMs >= STALL_STEP_MS) this.#stalls.push({ fromMs, toMs });
      if (this.#stalls.length > MAX_STALLS) this.#stalls.shift();
      this.#watch();
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }
}
