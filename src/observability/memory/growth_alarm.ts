import { theilSen } from "../../util/theil_sen.ts";
import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";

/** Levels nearer to the one before are left out: however often memory is sampled, a window is long enough for collections. */
const GROWTH_LEVEL_EVERY_MS = 25_000;
/** Levels that a judgement rests on at most: 20 minutes of one each 30 s. */
const GROWTH_WINDOW_LEVELS = 40;
/** With fewer at about the same number of calls nothing is judged: 10 minutes. */
const GROWTH_MIN_LEVELS = 20;
/** Levels left out after the number of calls has reached a new height, 10 minutes: the heap is still finding its size. */
const GROWTH_WARM_UP_LEVELS = 20;
/**
 * Growth over the window that is alarming, by the low end of the slope's 95 % interval. A heap that swings as it is collected
 * looks the same for as long as it rises, so this is more than it swings by.
 */
export const GROWTH_ALARM_BYTES = 12 * 2 ** 20;
/** Levels remembered, whatever their number of calls: two hours of one each 30 s. Older ones fall out. */
const MAX_LEVELS = 240;

/** What the alarm saw when it last judged. */
export interface Growth {
  /** Theil–Sen slope over the window, in bytes an hour. */
  readonly bytesPerHour: number;
  /** Low end of its 95 % interval. */
  readonly lowBytesPerHour: number;
  /** The time between the first level of the window and its last. */
  readonly windowMs: number;
}

/**
 * Growth at a constant number of calls: memory that goes up while the load does not. Levels at about the same number of
 * calls are compared even when there was more or less to do between them, but not across a new height of the load, since a
 * process keeps what it needed for it.
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

  /** Undefined until there were enough levels at about the same number of calls. */
  get growth(): Growth | undefined {
    return this.#growth;
  }

  /** Takes one more level into account. The alarm is raised by a window that grows, and cleared by one that grows by less than half as much. */
  add(level: MemoryLevel): AlarmChange {
    if (level.peakCalls > this.#peakCalls + toleranceOf(this.#peakCalls)) {
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
    const tolerance = toleranceOf(calls);
    const alike = this.#levels.filter(({ activeCalls }) => Math.abs(activeCalls - calls) <= tolerance)
      .slice(-GROWTH_WINDOW_LEVELS);
    if (alike.length < GROWTH_MIN_LEVELS) return undefined;
    const slope = theilSen(alike.map(({ atMs, bytes }) => ({ x: atMs, y: bytes })));
    if (!slope) return undefined;
    const windowMs = alike.at(-1)!.atMs - alike[0].atMs;
    this.#growth = {
      bytesPerHour: slope.perX * 3_600_000,
      lowBytesPerHour: slope.low * 3_600_000,
      windowMs,
    };
    const grown = slope.low * windowMs;
    if (!this.#isRaised && grown >= GROWTH_ALARM_BYTES) return this.#change(true);
    if (this.#isRaised && grown < GROWTH_ALARM_BYTES / 2) return this.#change(false);
    return undefined;
  }

  #change(isRaised: boolean): AlarmChange {
    this.#isRaised = isRaised;
    return isRaised ? "raised" : "cleared";
  }
}

/** How far two numbers of calls may be apart that count as the same. */
function toleranceOf(calls: number): number {
  return Math.max(1, calls / 20);
}
