import { after, type Clock, type Timer } from "../util/clock.ts";

/** Time between two measurements. */
export const LAG_INTERVAL_MS = 100;
/** Weight of a new measurement in the running mean. */
const WEIGHT = 0.2;

/**
 * Buckets of the histogram are 1 ms wide up to here, then 10 ms up to `COARSE_END_MS`; one more takes the
 * rest.
 */
const FINE_END_MS = 100;
const COARSE_STEP_MS = 10;
const COARSE_END_MS = 1000;
const BUCKETS = FINE_END_MS + (COARSE_END_MS - FINE_END_MS) / COARSE_STEP_MS + 1;

/** Lateness of the event loop over a period, in milliseconds. */
export interface LagReport {
  meanMs: number;
  /** Rounded up to the histogram's step: 1 ms, and 10 ms from 100 ms on. */
  p99Ms: number;
  maxMs: number;
  /** Number of measurements, ten a second. */
  samples: number;
}

/** Measures how late the event loop runs its timers, which shows when a process has too much to do. */
export class LoopLag implements Disposable {
  readonly #clock: Clock;
  readonly #onMeasured: (lateMs: number) => void;
  readonly #counts = new Uint32Array(BUCKETS);
  #timer: Timer;
  #meanMs = 0;
  #samples = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** @param onMeasured called with each measurement, in milliseconds */
  constructor(clock: Clock, onMeasured: (lateMs: number) => void = () => {}) {
    this.#clock = clock;
    this.#onMeasured = onMeasured;
    this.#timer = this.#schedule();
  }

  /** Running mean of the lateness over about the last half second, in milliseconds. */
  get meanMs(): number {
    return this.#meanMs;
  }

  /**
   * Returns the lateness since the last report and starts a new period. All zeros when nothing was measured.
   */
  takeReport(): LagReport {
    const report = {
      meanMs: this.#samples === 0 ? 0 : round(this.#sumMs / this.#samples),
      p99Ms: round(Math.min(this.#percentile(0.99), this.#maxMs)),
      maxMs: round(this.#maxMs),
      samples: this.#samples,
    };
    this.#counts.fill(0);
    this.#samples = this.#sumMs = this.#maxMs = 0;
    return report;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    const dueMs = this.#clock.now() + LAG_INTERVAL_MS;
    return this.#timer = after(this.#clock, LAG_INTERVAL_MS, () => {
      this.#measured(Math.max(0, this.#clock.now() - dueMs));
      this.#schedule();
    });
  }

  #measured(lateMs: number): void {
    this.#meanMs += WEIGHT * (lateMs - this.#meanMs);
    this.#counts[bucketIndex(lateMs)]++;
    this.#samples++;
    this.#sumMs += lateMs;
    if (lateMs > this.#maxMs) this.#maxMs = lateMs;
    this.#onMeasured(lateMs);
  }

  /** Upper end of the bucket with the measurement at this rank. */
  #percentile(share: number): number {
    let left = Math.ceil(share * this.#samples);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return bucketEnd(bucket);
    }
    return Infinity;
  }
}

function bucketIndex(lateMs: number): number {
  if (lateMs < FINE_END_MS) return Math.floor(lateMs);
  return Math.min(FINE_END_MS + Math.floor((lateMs - FINE_END_MS) / COARSE_STEP_MS), BUCKETS - 1);
}

function bucketEnd(bucket: number): number {
  if (bucket < FINE_END_MS) return bucket + 1;
  return bucket === BUCKETS - 1 ? Infinity : FINE_END_MS + (bucket - FINE_END_MS + 1) * COARSE_STEP_MS;
}

/** To hundredths: the clock is no finer. */
function round(ms: number): number {
  return Math.round(100 * ms) / 100;
}
