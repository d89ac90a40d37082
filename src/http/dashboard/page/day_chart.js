/** @import { HourFigures } from "../../../records/hour_figures.ts" */
import { make } from "./elements.js";
import { figureText, inDollars, inMilliseconds, lowerMedian } from "./format.js";

/** Businesses with a row of their own, those with the most calls first. */
const SHOWN_BUSINESSES = 12;
const SHOWN_HOURS = 24;

/**
 * What the last hours took, a row for each business: calls, cost and answer in all, and by the hour as bars.
 *
 * @param {{ from: string, hours: readonly HourFigures[] }} day
 * @returns {{ table: HTMLElement, note: string }}
 */
export function dayTable({ from, hours }) {
  const byBusiness = Map.groupBy(hours, ({ business }) => business);
  const rows = [...byBusiness].map(([business, figures]) => ({ business, figures, ...sums(figures) }))
    .sort((a, b) => b.calls - a.calls);
  const all = sums(hours);
  const firstMs = Date.parse(from);
  const shown = rows.slice(0, SHOWN_BUSINESSES);
  const most = {
    costUsd: Math.max(...hours.map(({ costUsd }) => costUsd), 0),
    latencyMs: Math.max(...hours.map(({ latencyMs }) => latencyMs ?? 0), 0),
  };
  const table = make(
    "table",
    { class: "day" },
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("th", { scope: "col" }, "Business"),
        ...["Calls", "Cost"].map((name) => make("th", { scope: "col", class: "number" }, name)),
        make("th", { scope: "col" }, "Cost by the hour"),
        make("th", { scope: "col", class: "number" }, "Answer"),
        make("th", { scope: "col" }, "Answer by the hour"),
      ),
    ),
    make(
      "tbody",
      {},
      ...shown.map(({ business, figures, calls, costUsd, latencyMs }) =>
        make(
          "tr",
          {},
          make("th", { scope: "row", class: "business" }, business),
          make("td", { class: "number", "data-name": "Calls" }, `${calls}`),
          make("td", { class: "number", "data-name": "Cost" }, figureText(inDollars(costUsd))),
          make("td", { class: "bars" }, bars(figures, firstMs, "costUsd", most.costUsd)),
          make("td", { class: "number", "data-name": "Answer" }, latencyText(latencyMs)),
          make("td", { class: "bars" }, bars(figures, firstMs, "latencyMs", most.latencyMs)),
        )
      ),
    ),
  );
  const hidden = rows.length > shown.length
    ? `; the ${shown.length} of ${rows.length} businesses with the most`
    : "";
  const note = all.calls === 0
    ? "no calls"
    : `${all.calls} calls, ${figureText(inDollars(all.costUsd))}, answer after ${
      latencyText(all.latencyMs)
    }${hidden}`;
  return { table, note };
}

/** @param {readonly HourFigures[]} figures */
function sums(figures) {
  return {
    calls: figures.reduce((sum, { calls }) => sum + calls, 0),
    costUsd: figures.reduce((sum, { costUsd }) => sum + costUsd, 0),
    latencyMs: lowerMedian(figures.flatMap(({ latencyMs }) => latencyMs ?? [])),
  };
}

/** @param {number | undefined} ms */
function latencyText(ms) {
  return ms === undefined ? "–" : figureText(inMilliseconds(ms));
}

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const BAR = 6, GAP = 2, HEIGHT = 28;

/**
 * @param {readonly HourFigures[]} figures
 * @param {number} firstMs
 * @param {"costUsd" | "latencyMs"} what
 * @param {number} most the value of the highest bar
 */
function bars(figures, firstMs, what, most) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${SHOWN_HOURS * (BAR + GAP)} ${HEIGHT}`);
  svg.setAttribute("class", `hours ${what}`);
  svg.setAttribute("preserveAspectRatio", "xMinYMax");
  svg.setAttribute("role", "img");
  /** @type {string[]} */
  const told = [];
  for (let hour = 0; hour < SHOWN_HOURS; hour++) {
    const atMs = firstMs + hour * 3_600_000;
    const found = figures.find((figure) => Date.parse(figure.hour) === atMs);
    const value = found?.[what] ?? 0;
    const height = most > 0 && value > 0 ? Math.max(2, HEIGHT * value / most) : 1;
    const bar = document.createElementNS(SVG_NAMESPACE, "rect");
    const place = { x: hour * (BAR + GAP), y: HEIGHT - height, width: BAR, height };
    for (const [name, number] of Object.entries(place)) bar.setAttribute(name, `${number}`);
    if (value === 0) bar.setAttribute("class", "none");
    svg.append(bar);
    if (value === 0) continue;
    const title = document.createElementNS(SVG_NAMESPACE, "title");
    const from = new Date(atMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    title.textContent = `${from}: ${
      figureText(what === "costUsd" ? inDollars(value) : inMilliseconds(value))
    }`;
    bar.append(title);
    told.push(title.textContent);
  }
  svg.setAttribute("aria-label", told.join(", ") || "nothing");
  return svg;
}
