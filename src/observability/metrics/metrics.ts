import { type CounterId, type GaugeId, type HistogramId, type MetricId, METRICS } from "./catalogue.ts";

/** Most series of one metric. Further values of its label count together as `other`. */
export const MAX_SERIES = 64;

/** Observations of a histogram. */
export interface Observations {
  /** Per bucket, not cumulative; the last is up to infinity. */
  readonly counts: Uint32Array;
  sum: number;
}

/**
 * The values behind `GET /metrics`. Events are counted as they happen; gauges, and counters that other parts
 * keep, are set when metrics are requested. Metrics and their series are bounded.
 */
export class Metrics {
  readonly #values = new Map<MetricId, Map<string, number>>();
  readonly #histograms = new Map<HistogramId, Observations>();

  /**
   * Counts events.
   * @param label value of the metric's label; empty for a metric without one
   * @param by not negative
   */
  count(id: CounterId, label = "", by = 1): void {
    const series = this.#series(id);
    const known = series.has(label) || series.size < MAX_SERIES ? label : "other";
    series.set(known, (series.get(known) ?? 0) + by);
  }

  /**
   * Sets a metric to its value now: a number, or all its series by label value; null or undefined where it is
   * not known.
   */
  set(id: GaugeId | CounterId, value: number | Readonly<Record<string, number>> | null | undefined): void {
    const series = this.#series(id);
    series.clear();
    const values = typeof value === "number" ? [["", value] as const] : Object.entries(value ?? {});
    for (const [label, each] of values.slice(0, MAX_SERIES)) series.set(label, each);
  }

  /** Adds an observation, in the metric's unit. Allocates only the first time. */
  observe(id: HistogramId, value: number): void {
    const { buckets } = METRICS[id];
    let histogram = this.#histograms.get(id);
    if (!histogram) {
      this.#histograms.set(id, histogram = { counts: new Uint32Array(buckets.length + 1), sum: 0 });
    }
    let index = 0;
    while (index < buckets.length && value > buckets[index]) index++;
    histogram.counts[index]++;
    histogram.sum += value;
  }

  /** The series of a counter or gauge, by label value. */
  valuesOf(id: GaugeId | CounterId): ReadonlyMap<string, number> {
    return this.#series(id);
  }

  /** Undefined before the first observation. */
  observationsOf(id: HistogramId): Readonly<Observations> | undefined {
    return this.#histograms.get(id);
  }

  #series(id: MetricId): Map<string, number> {
    let series = this.#values.get(id);
    if (!series) this.#values.set(id, series = new Map());
    return series;
  }
}
