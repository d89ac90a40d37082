import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";

/** How long there must have been no call before the level is judged. */
const RETURN_AFTER_MS = 5 * 60_000;
/** How far above the settled level memory may stay. Measured between rounds of equal load: 2 MB; a heap not collected yet: 8 MB. */
export const RETURN_TOLERANCE_BYTES = 10 * 2 ** 20;

/**
 * No return to the settled level after calls end. A process never falls back to what it had before its first call, so the
 * level it settles on after its first load is the measure for the loads that follow, and one with more calls at once than
 * any before sets a new one. What calls take from pools must be given back from the first load on.
 */
export class ReturnAlarm {
  /** The settled level, and the most calls at once of the load that left it. */
  #settled: { bytes: number; readonly peakCalls: number } | undefined;
  #totalCalls = 0;
  #peakCalls = 0;
  /** Most calls at once of the load that goes on or ended last, as far as levels show it. */
  #loadPeak = 0;
  /** Since when there has been no call; undefined while there are calls, and before the first one. */
  #idleSinceMs: number | undefined;
  /** Lowest level since then. */
  #lowestBytes = Infinity;
  /** Least that was held at the same time since then: a call that is only being connected holds something too. */
  #leastHeld = Infinity;
  #isRaised = false;

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** Bytes that the process settles on when there is no call; undefined before the end of the first load. */
  get settledBytes(): number | undefined {
    return this.#settled?.bytes;
  }

  /** Takes one more level into account. Raised by a load that leaves too much behind, cleared when it is given back, or by a load that leaves nothing. */
  add(level: MemoryLevel): AlarmChange {
    this.#follow(level);
    if (this.#idleSinceMs === undefined) return undefined;
    this.#lowestBytes = Math.min(this.#lowestBytes, level.bytes);
    this.#leastHeld = Math.min(this.#leastHeld, sum(level.held));
    return level.atMs - this.#idleSinceMs < RETURN_AFTER_MS ? undefined : this.#judge();
  }

  /** Keeps track of when loads begin and end, those that came and went between two levels included. */
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

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
