import { type ChartLine, lineChart } from "../load/line_chart.ts";
import { megabytes } from "../load/text_table.ts";
import { judgedBytes, type SoakReport, type SoakRound, type SoakSample } from "./soak_report.ts";

/** Memory over time, the rounds one over the other, as an SVG. */
export function soakChart(report: SoakReport): string {
  const { calls, minutes, everySeconds, format, resampler, version, rounds } = report;
  const ends = rounds.map(({ endAnon }) => megabytes(endAnon)).join(", then ");
  const lines = rounds.flatMap((round) => roundLines(round, rounds.length));
  return lineChart({
    title: "Memory of one Slimline process over a soak",
    description: `${calls} calls for ${minutes} minutes, ${ends} MB at the end.`,
    panels: [{
      title: "Memory, MB",
      left: 70,
      width: 810,
      legendStep: 170,
      lines,
      least: { x: 0.1, y: 1 },
    }],
    caption: `minutes (${calls} calls, one ends and another starts every ${everySeconds} s; ` +
      `${format}, ${resampler}; Slimline ${version})`,
  });
}

/** Two lines of one colour. */
function roundLines({ round, samples }: SoakRound, rounds: number): ChartLine[] {
  const nth = rounds > 1 ? `, round ${round}` : "";
  const points = (bytes: (sample: SoakSample) => number) =>
    samples.map((sample) => ({ x: sample.seconds / 60, y: bytes(sample) / 2 ** 20 }));
  return [
    { name: `RssAnon${nth}`, colour: round - 1, points: points(judgedBytes) },
    { name: `heap used${nth}`, colour: round - 1, isThin: true, points: points(({ heapUsed }) => heapUsed) },
  ];
}
