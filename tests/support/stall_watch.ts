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

  /** Notes the standstills of other processes that `standstill_log.ts` has told in their logs. */
  noteLogged(log: string): void {
    const aheadMs = Date.now() - this.#clock.now();
    for (const [, fromMs, toMs] of log.matchAll(/"event":"stood_still","fromMs":(\d+),"toMs":(\d+)/g)) {
      this.#stalls.push({ fromMs: Number(fromMs) - aheadMs, toMs: Number(toMs) - aheadMs });
    }
  }

  /** How much of a span of time the process stood still in all, or another one that was noted. */
  sumBetween(fromMs: number, toMs: number): number {
    let [sum, untilMs] = [0, fromMs];
    for (const stall of this.#between(fromMs, toMs).toSorted((a, b) => a.fromMs - b.fromMs)) {
      const endMs = Math.min(stall.toMs, toMs);
      sum += Math.max(0, endMs - Math.max(stall.fromMs, untilMs));
      untilMs = Math.max(untilMs, endMs);
    }
    return sum;
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
