import { type ChartLine, lineChart } from "../load/line_chart.ts";
import { megabytes } from "../load/text_table.ts";
import type { CapacityReport, Step } from "./capacity_report.ts";

const PANEL = { width: 225, legendStep: 90, hasDots: true, least: { x: 1, y: 0.001 } };

/** Memory, CPU and delay by calls, as an SVG. */
export function capacityChart(report: CapacityReport): string {
  const { idle, format, resampler } = report;
  // Of each number of calls the last round: what a server is like that has seen load.
  const steps = [...new Map(report.steps.map((step) => [step.calls, step])).values()];
  const last = steps.at(-1);
  const audio = format === "pcmu" ? "pcmu, passed through" : `${format}, ${resampler}`;
  const memory = [
    line("RSS", 0, inMegabytes(idle.rss), steps, ({ rss }) => inMegabytes(rss)),
    line("RssAnon", 1, inMegabytes(idle.rssAnon), steps, ({ rssAnon }) => inMegabytes(rssAnon)),
  ];
  const cores = ({ cpuPerCall, calls }: Step) => cpuPerCall === null ? null : cpuPerCall * calls;
  const delays = [
    line("median", 0, null, steps, ({ answerMs }) => answerMs.p50),
    line("p99", 1, null, steps, ({ answerMs }) => answerMs.p99),
  ];
  return lineChart({
    title: "Memory, CPU and delay of one Slimline process by calls at once",
    description: last === undefined
      ? "No step was measured."
      : `${last.calls} calls in ${megabytes(last.rss)} MB resident, ${megabytes(idle.rss)} MB idle.`,
    panels: [
      { ...PANEL, title: "Memory, MB", left: 55, lines: memory },
      { ...PANEL, title: "CPU, cores", left: 365, lines: [line("cores used", 2, 0, steps, cores)] },
      { ...PANEL, title: "Answer after a turn, ms", left: 670, lines: delays },
    ],
    caption: `calls at once (${audio}; ${report.secondsPerStep} s a step; Slimline ${report.version})`,
  });
}

/** A value of the idle server and of each step, as far as it is known. */
function line(
  name: string,
  colour: number,
  idle: number | null,
  steps: readonly Step[],
  value: (step: Step) => number | null,
): ChartLine {
  const all = [{ x: 0, y: idle }, ...steps.map((step) => ({ x: step.calls, y: value(step) }))];
  return { name, colour, points: all.flatMap(({ x, y }) => y === null ? [] : [{ x, y }]) };
}

function inMegabytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 20;
}
