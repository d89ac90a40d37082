/** What the alarms judge: the memory of the process beside the number of its calls, at one time. */
export interface MemoryLevel {
  /** Monotonic time in milliseconds. */
  readonly atMs: number;
  /** The process's own memory (RssAnon), or its whole resident set where that is not told. */
  readonly bytes: number;
  readonly activeCalls: number;
  /** Calls since the start. */
  readonly totalCalls: number;
  /** Most calls at once since the start. */
  readonly peakCalls: number;
  /** What calls have taken from pools that outlive them, by its name, such as `kernelSlots`. All 0 once no call is left. */
  readonly held: Readonly<Record<string, number>>;
}

/** What one more level did to an alarm. */
export type AlarmChange = "raised" | "cleared" | undefined;

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
