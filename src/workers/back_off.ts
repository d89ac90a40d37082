/** Before the first restart of a worker, and most before any. */
export const FIRST_DELAY_MS = 500;
export const MAX_DELAY_MS = 30_000;
/** A worker that has run for so long counts as well: its next crash is a first one. */
export const WELL_AFTER_MS = 60_000;

/** How long to wait before a worker is started again: twice as long each time, until one has run well. */
export class BackOff {
  #nextMs = FIRST_DELAY_MS;

  /** @param ranMs how long the process that has ended was running */
  delayMs(ranMs: number): number {
    if (ranMs >= WELL_AFTER_MS) this.#nextMs = FIRST_DELAY_MS;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(2 * delayMs, MAX_DELAY_MS);
    return delayMs;
  }
}
