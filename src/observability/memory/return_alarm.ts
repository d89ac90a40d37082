import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";

/** Time without a call before the level is judged. */
const RETURN_AFTER_MS = 5 * 60_000;
/**
 * How far above the settled level memory may stay. Measured after equal loads: 2 MB; with a heap not yet
 * collected: 8 MB.
 */
export const RETURN_TOLERANCE_BYTES = 10 * 2 ** 20;

/**
 * Alarm for memory that does not return to the settled level after calls end. A process never falls back to
 * its size before the first call, so the level it settles on after the first load is the measure for later
 * ones, and a load with more calls at once sets a new level. What calls take from pools must be returned from
 * the first load on.
 */
export class ReturnAlarm {
  /** The settled level, and the most calls at once in the load before it. */
  #settled: { bytes: number; readonly peakCalls: number } | undefined;
  #totalCalls = 0;
  #peakCalls = 0;
  /** Most calls at once in the current or latest load, as far as levels show. */
  #loadPeak = 0;
  /** Start of the time without calls; undefined while there are calls, and before the first one. */
  #idleSinceMs: number | undefined;
  /** Lowest level in that time. */
  #lowestBytes = Infinity;
  /** Fewest pool items held at once in that time: a call that is only connecting holds some too. */
  #leastHeld = Infinity;
  #isRaised = false;

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** Bytes that the process settles on without calls; undefined before the end of the first load. */
  get settledBytes(): number | undefined {
    return this.#settled?.bytes;
  }

  /**
   * Adds a level. A load that leaves too much behind raises the alarm; it is cleared when that is returned,
   * or by a load that leaves nothing.
   */
  add(level: MemoryLevel): AlarmChange {
    this.#follow(level);
    if (this.#idleSinceMs === undefined) return undefined;
    this.#lowestBytes = Math.min(this.#lowestBytes, level.bytes);
    this.#leastHeld = Math.min(this.#leastHeld, totalHeld(level.held));
    return level.atMs - this.#idleSinceMs < RETURN_AFTER_MS ? undefined : this.#judge();
  }

  /** Tracks when loads begin and end, including those that came and went between two levels. */
  #follow({ activeCalls, totalCalls, peakCalls, atMs }: MemoryLevel): void {
    const isNew = totalCalls > this.#totalCalls;
    if (isNew && this.#idleSinceMs !== undefined) this.#loadPeak = 0;
    const seen = peakCalls > this.#peakCalls ? peakCalls : activeCalls;
    this.#loadPeak = Math.max(this.#loadPeak, seen);
    this.#totalCalls = totalCalls;
    this.#peakCalls = peakCalls;
    if (activeCalls > 0) this.#idleSinceMs = undefined;
    else if (totalCalls > 0 && (isNew || this.#idleSinceMs === undefined)) {
      this.#idleSinceMs = atMs;
      this.#lowestBytes = this.#leastHeld = Infinity;
    }
  }

  #judge(): AlarmChange {
    if (this.#settled === undefined || this.#loadPeak > this.#settled.peakCalls) {
      this.#settled = { bytes: this.#lowestBytes, peakCalls: this.#loadPeak };
    }
    const isOver = this.#leastHeld > 0 || this.#lowestBytes > this.#settled.bytes + RETURN_TOLERANCE_BYTES;
    if (isOver === this.#isRaised) return undefined;
    this.#isRaised = isOver;
    return isOver ? "raised" : "cleared";
  }
}

function totalHeld(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
