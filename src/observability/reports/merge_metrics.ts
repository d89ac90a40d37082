import type { WorkerAnswer } from "./worker_answers.ts";

/** Whether a worker has answered. */
const UP = "slimline_worker_up";

/**
 * The metrics of all workers in one text: each series has a label `worker`, and headings appear once. Prometheus makes the
 * sums: `sum without (worker) (slimline_calls_active)`.
 */
export function mergeMetrics(workers: readonly WorkerAnswer<string>[]): string {
  const headings = new Map<string, string[]>();
  const series = new Map<string, string[]>();
  for (const each of workers) {
    if ("answer" in each) addMetrics(each.answer, each.worker, headings, series);
  }
  const up = workers.map((each) => `${UP}{worker="${each.worker}"} ${Number("answer" in each)}`);
  const lines = [`# HELP ${UP} 1 when the worker has answered.`, `# TYPE ${UP} gauge`, ...up];
  for (const [name, heading] of headings) lines.push(...heading, ...series.get(name) ?? []);
  return lines.join("\n") + "\n";
}

function addMetrics(
  text: string,
  worker: number,
  headings: Map<string, string[]>,
  series: Map<string, string[]>,
): void {
  let name = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) {
      name = line.split(" ", 3)[2];
      if (headings.has(name)) continue;
      headings.set(name, [line]);
      series.set(name, []);
    } else if (line.startsWith("# TYPE ")) {
      const heading = headings.get(name);
      if (heading?.length === 1) heading.push(line);
    } else if (line !== "") {
      series.get(name)?.push(labelled(line, worker));
    }
  }
}

/** `name 1` or `name{label="x"} 1` with the label `worker` in front. */
function labelled(line: string, worker: number): string {
  return line.replace(
    /^(\w+)(\{)?/,
    (_, name, brace) => `${name}{worker="${worker}"${brace === undefined ? "}" : ","}`,
  );
}
