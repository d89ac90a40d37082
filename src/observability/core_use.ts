import { cpuSeconds } from "./process_resources.ts";

/** Time over which use is averaged, in milliseconds. */
const MEAN_OVER_MS = 1_000;

/** The share of one core that this process uses, as a mean of about the last second. */
export class CoreUse {
  readonly #read: () => number | undefined;
  #last: { seconds: number; atMs: number } | undefined;
  #mean = 0;

  /** @param read CPU time of the process in seconds; undefined where it is not told: then none is used */
  constructor(read: () => number | undefined = cpuSeconds) {
    this.#read = read;
  }

  /** The share at the last sample. */
  get share(): number {
    return this.#mean;
  }

  /** The share now. More than 1 where other threads work, too. @param nowMs monotonic time */
  sample(nowMs: number): number {
    const seconds = this.#read();
    if (seconds === undefined) return 0;
    const last = this.#last ?? { seconds, atMs: nowMs };
    const elapsedMs = nowMs - last.atMs;
    if (elapsedMs > 0) {
      const share = 1_000 * (seconds - last.seconds) / elapsedMs;
      this.#mean += Math.min(1, elapsedMs / MEAN_OVER_MS) * (share - this.#mean);
    }
    this.#last = { seconds, atMs: nowMs };
    return this.#mean;
  }
}
