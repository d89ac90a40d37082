import type { AlarmChange, MemoryLevel } from "../../src/observability/memory/memory_samples.ts";

/** Between two levels, as by default. */
const LEVEL_EVERY_MS = 30_000;
export const MB = 2 ** 20;

/** Feeds an alarm with levels at the pace of the default configuration, and writes down each change with its minute. */
export class Levels {
  readonly changes: string[] = [];
  readonly #alarm: { add(level: MemoryLevel): AlarmChange };
  #atMs = 0;
  #peakCalls = 0;
  #totalCalls = 0;

  constructor(alarm: { add(level: MemoryLevel): AlarmChange }) {
    this.#alarm = alarm;
  }

  get minutes(): number {
    return this.#atMs / 60_000;
  }

  /**
   * One level after another for `minutes`.
   * @param bytesAt by the number of the level within these minutes
   */
  run(
    minutes: number,
    calls: number,
    bytesAt: (level: number) => number,
    held: MemoryLevel["held"] = {},
  ): this {
    for (let level = 0; level < minutes * 60_000 / LEVEL_EVERY_MS; level++) {
      this.#atMs += LEVEL_EVERY_MS;
      this.#totalCalls += calls;
      this.#peakCalls = Math.max(this.#peakCalls, calls);
      const change = this.#alarm.add({
        atMs: this.#atMs,
        bytes: bytesAt(level),
        activeCalls: calls,
        totalCalls: this.#totalCalls,
        peakCalls: this.#peakCalls,
        held,
      });
      if (change) this.changes.push(`${change} at ${this.minutes}`);
    }
    return this;
  }

  /** Calls that come and go between two levels. */
  passing(calls: number): this {
    this.#totalCalls += calls;
    this.#peakCalls = Math.max(this.#peakCalls, calls);
    return this;
  }
}

/** Numbers from 0 to 1 that look random and are the same each time. */
export function noise(seed = 1): () => number {
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}
