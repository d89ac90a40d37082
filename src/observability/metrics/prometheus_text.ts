import {
  type CounterId,
  type GaugeId,
  type HistogramId,
  type MetricDefinition,
  METRICS,
} from "./catalogue.ts";
import type { Metrics } from "./metrics.ts";

/** Content type of {@link prometheusText}. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * All metrics in Prometheus's text format (prometheus.io, "Exposition formats", version 0.0.4). A metric
 * without a value has only its heading; histograms, counters without a label, and those whose values are
 * known are zero instead.
 */
export function prometheusText(metrics: Metrics): string {
  const lines: string[] = [];
  for (
    const [id, { name, help, type, label, values: known = [] }] of Object.entries<MetricDefinition>(METRICS)
  ) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    if (type === "histogram") lines.push(...histogramLines(id as HistogramId, metrics));
    else {
      const values = metrics.valuesOf(id as CounterId | GaugeId);
      if (type === "counter" && label === undefined && values.size === 0) lines.push(`${name} 0`);
      const line = (value: string, number: number) => {
        const labels = label === undefined ? "" : `{${label}="${escapeLabel(value)}"}`;
        lines.push(`${name}${labels} ${number}`);
      };
      for (const value of known) if (!values.has(value)) line(value, 0);
      for (const [value, number] of values) line(value, number);
    }
  }
  return lines.join("\n") + "\n";
}

function histogramLines(id: HistogramId, metrics: Metrics): string[] {
  const { name, buckets } = METRICS[id];
  const { counts, sum } = metrics.observationsOf(id) ?? { counts: [], sum: 0 };
  let total = 0;
  const lines = [...buckets, "+Inf"].map((end, index) =>
    `${name}_bucket{le="${end}"} ${total += counts[index] ?? 0}`
  );
  return [...lines, `${name}_sum ${sum}`, `${name}_count ${total}`];
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
