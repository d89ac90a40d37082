/** @import { MemorySample } from "../../../observability/memory/memory_samples.ts" */

/** What the chart shows at most, up to now. */
export const SHOWN_MS = 30 * 60_000;
/** And at least: the time between two samples. */
const LEAST_SHOWN_MS = 2_000;
/** Samples of the server that are further apart from those of the page fill a gap of its own. */
const GAP_MS = 2 * 60_000;

/** The samples to draw: those that the server remembers, then those that came while the page was open. Bounded by time. */
export class Timeline {
  /** @type {MemorySample[]} */
  #samples = [];

  /** @returns {readonly MemorySample[]} */
  get samples() {
    return this.#samples;
  }

  /**
   * The server's memory: fills what this page has not seen itself, also after the connection was lost for a while.
   *
   * @param {readonly MemorySample[]} samples
   */
  past(samples) {
    const seen = this.#samples;
    const isNews = (/** @type {MemorySample} */ { epochMs }) => {
      const next = seen.find((sample) => sample.epochMs >= epochMs);
      const previous = seen.findLast((sample) => sample.epochMs <= epochMs);
      return !next || !previous || next.epochMs - previous.epochMs > GAP_MS;
    };
    this.#samples = [...seen, ...samples.filter(isNews)].sort((a, b) => a.epochMs - b.epochMs);
    this.#forget();
  }

  /** @param {MemorySample} sample */
  add(sample) {
    this.#samples.push(sample);
    this.#forget();
  }

  /**
   * From when to when the chart goes, in epoch milliseconds.
   *
   * @returns {{ fromMs: number, toMs: number }}
   */
  get range() {
    const toMs = this.#samples.at(-1)?.epochMs ?? 0;
    const firstMs = this.#samples[0]?.epochMs ?? toMs;
    return { fromMs: Math.min(firstMs, toMs - LEAST_SHOWN_MS), toMs };
  }

  #forget() {
    const fromMs = (this.#samples.at(-1)?.epochMs ?? 0) - SHOWN_MS;
    const first = this.#samples.findIndex(({ epochMs }) => epochMs >= fromMs);
    this.#samples.splice(0, first);
  }
}
