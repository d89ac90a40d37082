import { escapeXml } from "../../util/escape_xml.ts";
import { scale, tick } from "../capacity/capacity_chart.ts";
import { megabytes } from "../capacity/capacity_table.ts";
import { judgedBytes, type SoakReport, type SoakSample } from "./soak_report.ts";

const WIDTH = 920;
const HEIGHT = 340;
const PLOT = { top: 62, bottom: 270, left: 70, width: 810 };
/** One class a round; further rounds are drawn like the last of these. */
const ROUND_CLASSES = ["first", "second", "third"];

/** One line of the plot. */
interface Series {
  name: string;
  className: string;
  samples: readonly SoakSample[];
  bytes: (sample: SoakSample) => number;
}

/** Memory over time, the rounds one over the other, as an SVG that follows the reader's light or dark theme. */
export function soakSvg(report: SoakReport): string {
  const series = report.rounds.flatMap(({ round, samples }): Series[] => {
    const className = ROUND_CLASSES[Math.min(round, ROUND_CLASSES.length) - 1];
    const nth = report.rounds.length > 1 ? `, round ${round}` : "";
    return [
      { name: `RssAnon${nth}`, className, samples, bytes: judgedBytes },
      { name: `heap used${nth}`, className: `${className} thin`, samples, bytes: ({ heapUsed }) => heapUsed },
    ];
  });
  const ends = report.rounds.map(({ endAnon }) => megabytes(endAnon)).join(", then ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" role="img" aria-labelledby="t d">
  <title id="t">Memory of one Slimline process over a soak</title>
  <desc id="d">${report.calls} calls for ${report.minutes} minutes, ${ends} MB at the end.</desc>
  <style>
    text { fill: #1f2328; } .soft { fill: #59636e; font-size: 12px; } .grid { stroke: #d1d9e0; } .end { text-anchor: end; } .mid { text-anchor: middle; }
    polyline { fill: none; stroke-width: 2; } .thin { stroke-width: 1; opacity: .7; } .first { stroke: #0969da; } .second { stroke: #1a7f37; } .third { stroke: #9a6700; }
    text.first, text.second, text.third { stroke: none; opacity: 1; } text.first { fill: #0969da; } text.second { fill: #1a7f37; } text.third { fill: #9a6700; }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; } .first { stroke: #58a6ff; } .second { stroke: #3fb950; } .third { stroke: #d29922; }
      text.first { fill: #58a6ff; } text.second { fill: #3fb950; } text.third { fill: #d29922; } }
  </style>
  <text x="${PLOT.left}" y="24" font-weight="600">Memory, MB</text>
${plot(series)}
  <text class="soft mid" x="${WIDTH / 2}" y="${
    HEIGHT - 10
  }">minutes (${report.calls} calls, one ends and another starts every ${report.everySeconds} s; ${
    escapeXml(report.format)
  }, ${escapeXml(report.resampler)}; Slimline ${escapeXml(report.version)})</text>
</svg>
`;
}

function plot(all: readonly Series[]): string {
  const minutes = ({ seconds }: SoakSample) => seconds / 60;
  const samples = all.flatMap(({ samples }) => samples);
  const [stepX, endX] = scale(samples.reduce((most, sample) => Math.max(most, minutes(sample)), 0.1));
  const bytes = all.flatMap(({ samples, bytes }) => samples.map(bytes));
  const [stepY, endY] = scale(bytes.reduce((most, value) => Math.max(most, value), 2 ** 20) / 2 ** 20);
  const x = (value: number) => (PLOT.left + PLOT.width * value / endX).toFixed(1);
  const y = (value: number) => (PLOT.bottom - (PLOT.bottom - PLOT.top) * value / endY).toFixed(1);
  const lines: string[] = [];
  for (let value = 0; value <= endY + stepY / 2; value += stepY) {
    lines.push(
      `  <line class="grid" x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${y(value)}" y2="${
        y(value)
      }"/>` +
        `<text class="soft end" x="${PLOT.left - 8}" y="${y(value)}" dy="4">${tick(value)}</text>`,
    );
  }
  for (let value = 0; value <= endX + stepX / 2; value += stepX) {
    lines.push(`  <text class="soft mid" x="${x(value)}" y="${PLOT.bottom + 20}">${tick(value)}</text>`);
  }
  all.forEach(({ name, className, samples, bytes }, index) => {
    const path = samples.map((sample) => `${x(minutes(sample))},${y(bytes(sample) / 2 ** 20)}`).join(" ");
    lines.push(
      `  <polyline class="${className}" points="${path}"/>`,
      `  <text class="${className}" x="${PLOT.left + 170 * index}" y="46">${
        className.includes("thin") ? "–" : "━"
      } ${escapeXml(name)}</text>`,
    );
  });
  return lines.join("\n");
}
