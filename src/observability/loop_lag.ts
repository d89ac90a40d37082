import { after, type Clock, type Timer } from "../util/clock.ts";

/** Between two measurements. */
export const SAMPLE_INTERVAL_MS = 100;
/** Share of a new measurement in the running mean. */
const WEIGHT = 0.2;

/** The histogram counts by whole milliseconds up to here, by tens up to `COARSE_END_MS`, and all beyond in one. */
const FINE_END_MS = 100;
const COARSE_STEP_MS = 10;
const COARSE_END_MS = 1000;
const BUCKETS = FINE_END_MS + (COARSE_END_MS - FINE_END_MS) / COARSE_STEP_MS + 1;

/** Lateness of the event loop over a time, in milliseconds. */
export interface LagReport {
  meanMs: number;
  /** Rounded up to the histogram's step: 1 ms, from 100 ms on 10. */
  p99Ms: number;
  maxMs: number;
  /** Measurements that this rests on, ten a second. */
  samples: number;
}

/** How late the event loop runs its deadlines: the measure of a process that has too much to do. */
export class LoopLag implements Disposable {
  readonly #clock: Clock;
  readonly #onMeasured: (lateMs: number) => void;
  readonly #counts = new Uint32Array(BUCKETS);
  #timer: Timer;
  #meanMs = 0;
  #samples = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** @param onMeasured told each measurement, in milliseconds */
  constructor(clock: Clock, onMeasured: (lateMs: number) => void = () => {}) {
    this.#clock = clock;
    this.#onMeasured = onMeasured;
    this.#timer = this.#schedule();
  }

  /** Running mean of the lateness over about the last half second, in milliseconds. */
  get meanMs(): number {
    return this.#meanMs;
  }

  /** The lateness since this was last asked for. Zeros when nothing was measured since. */
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
    const dueMs = this.#clock.now() + SAMPLE_INTERVAL_MS;
    return this.#timer = after(this.#clock, SAMPLE_INTERVAL_MS, () => {
      this.#measured(Math.max(0, this.#clock.now() - dueMs));
      this.#schedule();
    });
  }

  #measured(lateMs: number): void {
    this.#meanMs += WEIGHT * (lateMs - this.#meanMs);
    this.#counts[bucketOf(lateMs)]++;
    this.#samples++;
    this.#sumMs += lateMs;
    if (lateMs > this.#maxMs) this.#maxMs = lateMs;
    this.#onMeasured(lateMs);
  }

  /** The upper end of the bucket that holds the measurement of this rank. */
  #percentile(share: number): number {
    let left = Math.ceil(share * this.#samples);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return endOf(bucket);
    }
    return Infinity;
  }
}

function bucketOf(lateMs: number): number {
  if (lateMs < FINE_END_MS) return Math.floor(lateMs);
  return Math.min(FINE_END_MS + Math.floor((lateMs - FINE_END_MS) / COARSE_STEP_MS), BUCKETS - 1);
}

function endOf(bucket: number): number {
  if (bucket < FINE_END_MS) return bucket + 1;
  return bucket === BUCKETS - 1 ? Infinity : FINE_END_MS + (bucket - FINE_END_MS + 1) * COARSE_STEP_MS;
}

/** To hundredths: what is below is the clock's grain. */
function round(ms: number): number {
  return Math.round(100 * ms) / 100;
}
