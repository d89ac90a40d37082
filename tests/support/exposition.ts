/** A metric as the text format tells it. */
export interface ExposedMetric {
  help: string;
  type: string;
  /** Values by the series' name and labels as written, such as `x_bucket{le="0.1"}`. */
  samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const NUMBER = "[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN";
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (${NUMBER})$`);

/**
 * Reads Prometheus's text format, version 0.0.4, and holds it against its rules more strictly than Prometheus does: each
 * metric once, its HELP and TYPE before its samples and in that order, no sample of another metric in between, and a
 * histogram whose buckets rise, end in infinity and agree with its count.
 *
 * @throws {SyntaxError} with the line
 */
export function parseExposition(text: string): Map<string, ExposedMetric> {
  if (!text.endsWith("\n")) throw new SyntaxError("The last line has no end.");
  const metrics = new Map<string, ExposedMetric>();
  let name = "";
  let metric: ExposedMetric | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (why: string) => new SyntaxError(`${why}: ${line}`);
    const help = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])+)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    const sample = SAMPLE.exec(line);
    if (help) {
      name = help[1];
      if (metrics.has(name)) throw fail("The metric comes twice");
      metrics.set(name, metric = { help: help[2], type: "", samples: new Map() });
    } else if (type) {
      if (type[1] !== name || !metric || metric.type) throw fail("TYPE must follow HELP");
      metric.type = type[2];
    } else if (sample) {
      const [, series, labels = "", value] = sample;
      if (!metric?.type || !belongs(series, name, metric.type)) throw fail("The sample stands elsewhere");
      if (metric.samples.has(series + labels)) throw fail("The sample comes twice");
      metric.samples.set(series + labels, Number(value.replace("Inf", "Infinity")));
    } else throw fail("The line is no sample");
  }
  for (const [each, { type, samples }] of metrics) if (type === "histogram") checkHistogram(each, samples);
  return metrics;
}

function belongs(series: string, name: string, type: string): boolean {
  if (type !== "histogram") return series === name;
  return [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(series);
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const buckets = [...samples].filter(([series]) => series.startsWith(`${name}_bucket`));
  const ends = buckets.map(([series]) =>
    Number(/\{le="([^"]+)"\}$/.exec(series)?.[1].replace("Inf", "Infinity"))
  );
  const counts = buckets.map(([, count]) => count);
  const isRising = (list: number[], least: number) =>
    list.every((each, index) => index === 0 || each - list[index - 1] >= least);
  if (!isRising(ends, Number.MIN_VALUE) || ends.at(-1) !== Infinity) {
    throw new SyntaxError(`The buckets of ${name} do not rise to infinity.`);
  }
  if (!isRising(counts, 0) || counts.at(-1) !== samples.get(`${name}_count`)) {
    throw new SyntaxError(`The buckets of ${name} do not add up to its count.`);
  }
  if (!samples.has(`${name}_sum`)) throw new SyntaxError(`${name} has no sum.`);
}
