/** @import { Refusal } from "../../../admission/admission.ts" */
/** @import { AlarmName } from "../../../observability/memory/memory_alarms.ts" */
/** @import { DashboardView } from "../../../observability/reports/dashboard_data.ts" */
/** @import { Figure } from "./format.js" */
import { elementAt } from "./elements.js";
import { figureText, inBytes, inDollars, inMilliseconds, lowerMedian, UNKNOWN_FIGURE } from "./format.js";

/** @type {Readonly<Record<string, { name: string, tone: string }>>} */
const ADMISSION = /** @satisfies {Record<"open" | Refusal, { name: string, tone: string }>} */ ({
  open: { name: "taking calls", tone: "good" },
  draining: { name: "draining", tone: "warn" },
  full: { name: "full", tone: "bad" },
  business_full: { name: "full", tone: "bad" },
  low_memory: { name: "low memory", tone: "bad" },
  descriptors: { name: "few descriptors", tone: "bad" },
  late: { name: "overloaded", tone: "bad" },
});

/** @type {Readonly<Record<AlarmName, { name: string, quiet: string, raised: string }>>} */
const ALARMS = {
  growth: {
    name: "Growth",
    quiet: "none at a constant number of calls",
    raised: "memory grows at a constant number of calls",
  },
  no_return: {
    name: "Return",
    quiet: "calls leave nothing behind",
    raised: "memory has not come back after the calls ended",
  },
};

/**
 * The figures at the top.
 *
 * @param {DashboardView} view
 */
export function showTiles(view) {
  const { sample, limit, admission, calls, missing = [] } = view;
  const { name, tone } = ADMISSION[admission.state];
  elementAt("admission").textContent = name;
  elementAt("admission").dataset.tone = tone;

  showFigure(elementAt("calls"), { value: `${sample.activeCalls}`, unit: "" });
  const refused = admission.refused > 0 ? `, ${admission.refused} refused` : "";
  const without = missing.map(({ worker, missing }) => `; without worker ${worker}, which ${missing}`);
  elementAt("calls-note").textContent = `peak ${view.peakCalls}, ${view.totalCalls} in all${refused}${
    without.join("")
  }`;

  const own = sample.rssAnon ?? sample.rss;
  showFigure(elementAt("memory"), inBytes(own));
  const ofLimit = limit === null ? "resident" : `of ${figureText(inBytes(limit))}`;
  elementAt("memory-note").textContent = `${figureText(inBytes(sample.rss))} ${ofLimit}`;
  const bar = elementAt("gauge-bar");
  bar.style.width = limit === null ? "0" : `${Math.min(100, 100 * sample.rss / limit)}%`;
  bar.dataset.tone = view.pressure === "none" ? "own" : view.pressure === "trim" ? "warn" : "bad";

  showFigure(elementAt("per-call"), view.perCall === null ? UNKNOWN_FIGURE : inBytes(view.perCall));
  const latency = lowerMedian(calls.flatMap((call) => call.latency?.played.p50Ms ?? []));
  showFigure(elementAt("latency"), latency === undefined ? UNKNOWN_FIGURE : inMilliseconds(latency));
  showFigure(elementAt("lag"), inMilliseconds(view.lagMs));
  const costs = calls.flatMap(({ costUsd }) => costUsd ?? []);
  showFigure(
    elementAt("cost"),
    costs.length === 0 ? UNKNOWN_FIGURE : inDollars(costs.reduce((sum, cost) => sum + cost, 0)),
  );
}

/**
 * Both alarms, always, so that a quiet one is seen to be watched.
 *
 * @param {HTMLElement} list
 * @param {DashboardView["alarms"]} alarms
 */
export function showAlarms(list, { active, events }) {
  list.replaceChildren(
    .../** @type {AlarmName[]} */ (Object.keys(ALARMS)).map((alarm) => {
      const { name, quiet, raised } = ALARMS[alarm];
      const isRaised = active.includes(alarm);
      const since = events.findLast((event) => event.alarm === alarm && event.change === "raised")?.epochMs;
      const item = document.createElement("li");
      item.className = "alarm";
      item.dataset.alarm = alarm;
      item.dataset.tone = isRaised ? "bad" : "good";
      const title = document.createElement("b");
      title.textContent = `${name}: `;
      const about = document.createElement("span");
      about.textContent = isRaised && since !== undefined
        ? `${raised}, since ${new Date(since).toTimeString().slice(0, 5)}`
        : quiet;
      item.append(title, about);
      return item;
    }),
  );
}

/**
 * @param {HTMLElement} element
 * @param {Figure} figure
 */
function showFigure(element, { value, unit }) {
  const small = document.createElement("small");
  small.textContent = unit;
  element.replaceChildren(value, small);
}
