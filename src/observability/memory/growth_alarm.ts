import { theilSen } from "../../util/theil_sen.ts";
import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";

/**
 * Levels closer to the previous one are skipped, so that a window spans garbage collections however often
 * memory is sampled.
 */
const GROWTH_LEVEL_EVERY_MS = 25_000;
/** Most levels in a window: 20 minutes at one per 30 s. */
const GROWTH_WINDOW_LEVELS = 40;
/** Fewest levels at about the same number of calls that are judged: 10 minutes. */
const GROWTH_MIN_LEVELS = 20;
/** Levels skipped after a new peak of calls, 10 minutes: the heap is still growing to its size. */
const GROWTH_WARM_UP_LEVELS = 20;
/**
 * Growth over the window that raises the alarm, by the low end of the slope's 95 % interval. More than the
 * heap swings between collections, since a rising swing looks like growth.
 */
export const GROWTH_ALARM_BYTES = 12 * 2 ** 20;
/** Most levels kept: two hours at one per 30 s. */
const MAX_LEVELS = 240;

/** What the alarm last saw. */
export interface Growth {
  /** Theil–Sen slope over the window, in bytes an hour. */
  readonly bytesPerHour: number;
  /** Low end of its 95 % interval. */
  readonly lowBytesPerHour: number;
  /** Time between the first and the last level of the window. */
  readonly windowMs: number;
}

/**
 * Alarm for growth at a constant number of calls: memory rises while the load does not. Compares levels at
 * about the same number of calls even when the load differed in between, but not across a new peak, since a
 * process keeps what that took.
 */
export class GrowthAlarm {
  readonly #levels: MemoryLevel[] = [];
  #peakCalls = 0;
  #warmUp = GROWTH_WARM_UP_LEVELS;
  #nextAtMs = -Infinity;
  #isRaised = false;
  #growth: Growth | undefined;

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** Undefined until there are enough levels at about the same number of calls. */
  get growth(): Growth | undefined {
    return this.#growth;
  }

  /**
   * Adds a level. {@link GROWTH_ALARM_BYTES} of growth over the window raise the alarm; less than half of
   * that clears it.
   */
  add(level: MemoryLevel): AlarmChange {
    if (level.peakCalls > this.#peakCalls + callTolerance(this.#peakCalls)) {
      this.#peakCalls = level.peakCalls;
      this.#levels.length = 0;
      this.#warmUp = GROWTH_WARM_UP_LEVELS;
    }
    if (level.atMs < this.#nextAtMs) return undefined;
    this.#nextAtMs = level.atMs + GROWTH_LEVEL_EVERY_MS;
    if (this.#warmUp > 0) {
      this.#warmUp--;
      return undefined;
    }
    this.#levels.push(level);
    if (this.#levels.length > MAX_LEVELS) this.#levels.shift();
    return this.#judge(level.activeCalls);
  }

  #judge(calls: number): AlarmChange {
    const tolerance = callTolerance(calls);
    const alike = this.#levels.filter(({ activeCalls }) => Math.abs(activeCalls - calls) <= tolerance)
      .slice(-GROWTH_WINDOW_LEVELS);
    if (alike.length < GROWTH_MIN_LEVELS) return undefined;
    const slope = theilSen(alike.map(({ atMs, bytes }) => ({ x: atMs, y: bytes })));
    if (!slope) return undefined;
    const windowMs = alike[alike.length - 1].atMs - alike[0].atMs;
    this.#growth = {
      bytesPerHour: slope.perX * 3_600_000,
      lowBytesPerHour: slope.low * 3_600_000,
      windowMs,
    };
    const isOver = slope.low * windowMs >= (this.#isRaised ? GROWTH_ALARM_BYTES / 2 : GROWTH_ALARM_BYTES);
    if (isOver === this.#isRaised) return undefined;
    this.#isRaised = isOver;
    return isOver ? "raised" : "cleared";
  }
}

/** How far apart two numbers of calls may be and still count as the same. */
function callTolerance(calls: number): number {
  return Math.max(1, calls / 20);
}
