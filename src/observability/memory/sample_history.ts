/** Memory and calls at one time, as the dashboard draws them. Bytes. */
export interface MemorySample {
  readonly epochMs: number;
  readonly rss: number;
  /** Null where the system does not tell. */
  readonly rssAnon: number | null;
  readonly heapUsed: number;
  readonly activeCalls: number;
}

/** Samples kept: three hours of one each 30 s, in some 40 KB. */
export const MAX_SAMPLES = 360;

/** The recent past. The oldest samples fall out. */
export class SampleHistory {
  readonly #samples: MemorySample[] = [];

  /** Oldest first. */
  get samples(): readonly MemorySample[] {
    return this.#samples;
  }

  add(sample: MemorySample): void {
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }
}
