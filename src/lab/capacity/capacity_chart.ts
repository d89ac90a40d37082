import { escapeXml } from "../../util/escape_xml.ts";
import { type CapacityReport, type Step } from "./measurement.ts";
import { megabytes } from "./capacity_table.ts";

const WIDTH = 920;
const HEIGHT = 340;
const PANEL = { top: 62, bottom: 270, width: 360 };

/** One line of a panel: a value a step, of the last round. */
interface Series {
  name: string;
  className: string;
  points: { calls: number; value: number }[];
}

/** Memory and CPU by calls as an SVG that follows the reader's light or dark theme. */
export function capacitySvg(report: CapacityReport): string {
  const steps = lastRounds(report.steps);
  const { idle, format, resampler } = report;
  const memory = (
    name: string,
    className: string,
    ofIdle: number | null,
    of: (step: Step) => number | null,
  ) => series(name, className, ofIdle, steps, (step) => inMegabytes(of(step)));
  const left: Series[] = [
    memory("RSS", "rss", inMegabytes(idle.rss), ({ rss }) => rss),
    memory("RssAnon", "anon", inMegabytes(idle.rssAnon), ({ rssAnon }) => rssAnon),
  ];
  const right: Series[] = [
    series(
      "cores used",
      "cpu",
      0,
      steps,
      ({ cpuPerCall, calls }) => cpuPerCall === null ? null : cpuPerCall * calls,
    ),
  ];
  const last = steps.at(-1);
  const audio = format === "pcmu" ? "pcmu, passed through" : `${format}, ${resampler}`;
  const what = `${audio}; ${report.secondsPerStep} s a step`;
  const summary = last === undefined
    ? "No step was measured."
    : `${last.calls} calls in ${megabytes(last.rss)} MB resident, ${megabytes(idle.rss)} MB idle.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" role="img" aria-labelledby="t d">
  <title id="t">Memory and CPU of one Slimline process by calls at once</title>
  <desc id="d">${escapeXml(summary)}</desc>
  <style>
    text { fill: #1f2328; } .soft { fill: #59636e; font-size: 12px; } .grid { stroke: #d1d9e0; } .end { text-anchor: end; } .mid { text-anchor: middle; }
    polyline { fill: none; stroke-width: 2.5; } .rss { stroke: #0969da; } .anon { stroke: #1a7f37; } .cpu { stroke: #9a6700; }
    circle { stroke: none; } circle.rss, text.rss { fill: #0969da; stroke: none; } circle.anon, text.anon { fill: #1a7f37; stroke: none; } circle.cpu, text.cpu { fill: #9a6700; stroke: none; }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; } .rss { stroke: #58a6ff; } .anon { stroke: #3fb950; } .cpu { stroke: #d29922; }
      circle.rss, text.rss { fill: #58a6ff; } circle.anon, text.anon { fill: #3fb950; } circle.cpu, text.cpu { fill: #d29922; } }
  </style>
${panel("Memory, MB", left, 70)}
${panel("CPU, cores", right, 520)}
  <text class="soft mid" x="${WIDTH / 2}" y="${HEIGHT - 10}">calls at once (${escapeXml(what)}; Slimline ${
    escapeXml(report.version)
  })</text>
</svg>
`;
}

function inMegabytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 20;
}

/** Of each number of calls the last round: what a server is like that has seen load. */
function lastRounds(steps: readonly Step[]): Step[] {
  return [...new Map(steps.map((step) => [step.calls, step])).values()];
}

function series(
  name: string,
  className: string,
  idle: number | null,
  steps: readonly Step[],
  of: (step: Step) => number | null,
): Series {
  const points = [
    { calls: 0, value: idle },
    ...steps.map((step) => ({ calls: step.calls, value: of(step) })),
  ];
  return {
    name,
    className,
    points: points.filter((point): point is { calls: number; value: number } => point.value !== null),
  };
}

/** A panel with its axes from zero on; `left` is where its vertical axis stands. */
function panel(title: string, all: readonly Series[], left: number): string {
  const points = all.flatMap(({ points }) => points);
  const [stepX, endX] = scale(Math.max(1, ...points.map(({ calls }) => calls)));
  const [stepY, endY] = scale(Math.max(0.001, ...points.map(({ value }) => value)));
  const x = (calls: number) => (left + PANEL.width * calls / endX).toFixed(1);
  const y = (value: number) => (PANEL.bottom - (PANEL.bottom - PANEL.top) * value / endY).toFixed(1);
  const lines = [`  <text x="${left}" y="24" font-weight="600">${escapeXml(title)}</text>`];
  for (let value = 0; value <= endY + stepY / 2; value += stepY) {
    lines.push(
      `  <line class="grid" x1="${left}" x2="${left + PANEL.width}" y1="${y(value)}" y2="${y(value)}"/>` +
        `<text class="soft end" x="${left - 8}" y="${y(value)}" dy="4">${tick(value)}</text>`,
    );
  }
  for (let calls = 0; calls <= endX + stepX / 2; calls += stepX) {
    lines.push(`  <text class="soft mid" x="${x(calls)}" y="${PANEL.bottom + 20}">${tick(calls)}</text>`);
  }
  all.forEach(({ name, className, points }, index) => {
    const path = points.map(({ calls, value }) => `${x(calls)},${y(value)}`).join(" ");
    lines.push(
      `  <polyline class="${className}" points="${path}"/>`,
      ...points.map(({ calls, value }) =>
        `  <circle class="${className}" cx="${x(calls)}" cy="${y(value)}" r="3.5"/>`
      ),
      `  <text class="${className}" x="${left + 90 * index}" y="46">● ${escapeXml(name)}</text>`,
    );
  });
  return lines.join("\n");
}

/** A round step and end for an axis from 0 to at least `most`, in about five steps. */
export function scale(most: number): [step: number, end: number] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw * (1 - 1e-9))!;
  return [step, step * Math.ceil(most / step - 1e-9)];
}

/** A value on an axis. */
export function tick(value: number): string {
  return String(Number(value.toPrecision(6)));
}
