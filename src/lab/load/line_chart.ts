import { escapeXml } from "../../util/escape_xml.ts";

/** A line of a panel. */
export interface ChartLine {
  name: string;
  /** Which of the chart's colours it has, from 0. */
  colour: number;
  /** Drawn thinner than the others. Default false. */
  isThin?: boolean;
  points: readonly { x: number; y: number }[];
}

/** Axes from zero on, with the lines between them. */
export interface ChartPanel {
  title: string;
  /** Where the vertical axis stands. */
  left: number;
  width: number;
  lines: readonly ChartLine[];
  /** From one name in the legend to the next. */
  legendStep: number;
  /** What the axes reach at least, so that a panel without points has some. */
  least: { x: number; y: number };
  /** Marks each point. Default false. */
  hasDots?: boolean;
}

/** A chart, for people who see it and for those who have it read to them. */
export interface LineChart {
  title: string;
  description: string;
  panels: readonly ChartPanel[];
  /** What the horizontal axis counts. */
  caption: string;
}

const WIDTH = 920;
const HEIGHT = 340;
const TOP = 62;
const BOTTOM = 270;
/** Of lines, in the light theme and in the dark one. */
const COLOURS = [["#0969da", "#58a6ff"], ["#1a7f37", "#3fb950"], ["#9a6700", "#d29922"]] as const;

/** The chart as an SVG that follows the reader's light or dark theme. */
export function lineChart({ title, description, panels, caption }: LineChart): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" role="img" aria-labelledby="t d">
  <title id="t">${escapeXml(title)}</title>
  <desc id="d">${escapeXml(description)}</desc>
  <style>
    text { fill: #1f2328; } .soft { fill: #59636e; font-size: 12px; } .grid { stroke: #d1d9e0; } .end { text-anchor: end; } .mid { text-anchor: middle; }
    polyline { fill: none; stroke-width: 2.5; } .thin { stroke-width: 1; opacity: .7; } text.thin { opacity: 1; }
    ${colourRules(0)}
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; }
      ${colourRules(1)} }
  </style>
${panels.map(panelSvg).join("\n")}
  <text class="soft mid" x="${WIDTH / 2}" y="${HEIGHT - 10}">${escapeXml(caption)}</text>
</svg>
`;
}

function colourRules(theme: 0 | 1): string {
  return COLOURS.map((colours, index) =>
    `.c${index} { stroke: ${colours[theme]}; } circle.c${index}, text.c${index} { stroke: none; fill: ${
      colours[theme]
    }; }`
  ).join(" ");
}

function panelSvg({ title, left, width, lines, legendStep, least, hasDots = false }: ChartPanel): string {
  const points = lines.flatMap(({ points }) => points);
  const [stepX, endX] = scale(points.reduce((most, { x }) => Math.max(most, x), least.x));
  const [stepY, endY] = scale(points.reduce((most, { y }) => Math.max(most, y), least.y));
  const across = (x: number) => (left + width * x / endX).toFixed(1);
  const down = (y: number) => (BOTTOM - (BOTTOM - TOP) * y / endY).toFixed(1);
  const parts = [`  <text x="${left}" y="24" font-weight="600">${escapeXml(title)}</text>`];
  for (let y = 0; y <= endY + stepY / 2; y += stepY) {
    parts.push(
      `  <line class="grid" x1="${left}" x2="${left + width}" y1="${down(y)}" y2="${down(y)}"/>` +
        `<text class="soft end" x="${left - 8}" y="${down(y)}" dy="4">${tick(y)}</text>`,
    );
  }
  for (let x = 0; x <= endX + stepX / 2; x += stepX) {
    parts.push(`  <text class="soft mid" x="${across(x)}" y="${BOTTOM + 20}">${tick(x)}</text>`);
  }
  lines.forEach(({ name, colour, isThin = false, points }, index) => {
    const className = `c${Math.min(colour, COLOURS.length - 1)}${isThin ? " thin" : ""}`;
    const path = points.map(({ x, y }) => `${across(x)},${down(y)}`).join(" ");
    const dots = hasDots ? points : [];
    const mark = hasDots ? "●" : isThin ? "–" : "━";
    parts.push(
      `  <polyline class="${className}" points="${path}"/>`,
      ...dots.map(({ x, y }) => `  <circle class="${className}" cx="${across(x)}" cy="${down(y)}" r="3.5"/>`),
      `  <text class="${className}" x="${left + legendStep * index}" y="46">${mark} ${
        escapeXml(name)
      }</text>`,
    );
  });
  return parts.join("\n");
}

/** A round step and end for an axis from 0 to at least `most`, in about five steps. */
export function scale(most: number): [step: number, end: number] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw * (1 - 1e-9))!;
  return [step, step * Math.ceil(most / step - 1e-9)];
}

function tick(value: number): string {
  return String(Number(value.toPrecision(6)));
}
