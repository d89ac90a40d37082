import { type CounterId, type GaugeId, type HistogramId, type MetricId, METRICS } from "./catalogue.ts";

/** Series of one metric. Values of its label beyond these are counted together, as `other`. */
export const MAX_SERIES = 64;

/** Observations of a histogram. */
export interface Observations {
  /** By bucket, the one up to infinity last; not cumulative. */
  readonly counts: Uint32Array;
  sum: number;
}

/**
 * The figures behind `GET /metrics`. Events count as they happen; gauges, and counters that somebody else keeps, are set
 * when they are asked for. Metrics and their series are bounded.
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

  /** Sets a metric to what it is now: one value, or by its label's value all series that there are. */
  set(id: GaugeId | CounterId, value: number | Readonly<Record<string, number>>): void {
    const series = this.#series(id);
    series.clear();
    if (typeof value === "number") series.set("", value);
    else for (const [label, each] of Object.entries(value).slice(0, MAX_SERIES)) series.set(label, each);
  }

  /** Adds an observation, in the metric's unit. Allocates nothing but the first time. */
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

  /** The series of a counter or gauge, by its label's value. */
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
