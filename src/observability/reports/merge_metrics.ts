import type { WorkerAnswer } from "./worker_answers.ts";

/** Whether a worker has answered. */
const UP = "slimline_worker_up";

/** One metric: its headings, and the series of all workers. */
interface MetricLines {
  readonly headings: string[];
  readonly series: string[];
}

/**
 * The metrics of all workers in one text: each series has a label `worker`, and headings appear once.
 * Prometheus makes the sums: `sum without (worker) (slimline_calls_active)`.
 */
export function mergeMetrics(workers: readonly WorkerAnswer<string>[]): string {
  const metrics = new Map<string, MetricLines>();
  for (const each of workers) {
    if ("answer" in each) addMetrics(each.answer, each.worker, metrics);
  }
  const up = workers.map((each) => `${UP}{worker="${each.worker}"} ${Number("answer" in each)}`);
  const lines = [`# HELP ${UP} 1 when the worker has answered.`, `# TYPE ${UP} gauge`, ...up];
  for (const { headings, series } of metrics.values()) lines.push(...headings, ...series);
  return lines.join("\n") + "\n";
}

function addMetrics(text: string, worker: number, metrics: Map<string, MetricLines>): void {
  let metric: MetricLines = { headings: [], series: [] };
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) {
      const name = line.split(" ", 3)[2];
      metric = metrics.get(name) ?? { headings: [line], series: [] };
      metrics.set(name, metric);
    } else if (line.startsWith("# TYPE ")) {
      if (metric.headings.length === 1) metric.headings.push(line);
    } else if (line !== "") metric.series.push(labelled(line, worker));
  }
}

/** `name 1` or `name{label="x"} 1` with the label `worker` in front. */
function labelled(line: string, worker: number): string {
  return line.replace(
    /^(\w+)(\{)?/,
    (_, name, brace) => `${name}{worker="${worker}"${brace === undefined ? "}" : ","}`,
  );
}
