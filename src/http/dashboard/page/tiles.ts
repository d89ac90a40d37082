import type { DashboardView } from "../../../observability/reports/shapes.ts";
import { bytes, dollars, type Figure, median, milliseconds, text, UNKNOWN } from "./format.ts";

const ADMISSION: Readonly<Record<DashboardView["admission"]["state"], { name: string; tone: string }>> = {
  open: { name: "taking calls", tone: "good" },
  draining: { name: "draining", tone: "warn" },
  full: { name: "full", tone: "bad" },
  business_full: { name: "full", tone: "bad" },
  low_memory: { name: "low memory", tone: "bad" },
  late: { name: "overloaded", tone: "bad" },
};

/** The figures at the top. */
export function showTiles(view: DashboardView, at: (id: string) => HTMLElement): void {
  const { sample, limit, admission, calls, missing = [] } = view;
  const { name, tone } = ADMISSION[admission.state];
  at("admission").textContent = name;
  at("admission").dataset.tone = tone;

  show(at("calls"), { value: `${sample.activeCalls}`, unit: "" });
  const refused = admission.refused > 0 ? `, ${admission.refused} refused` : "";
  const without = missing.map(({ worker, missing }) => `; without worker ${worker}, which ${missing}`);
  at("calls-note").textContent = `peak ${view.peakCalls}, ${view.totalCalls} in all${refused}${
    without.join("")
  }`;

  const own = sample.rssAnon ?? sample.rss;
  show(at("memory"), bytes(own));
  const ofLimit = limit === null ? "resident" : `of ${text(bytes(limit))}`;
  at("memory-note").textContent = `${text(bytes(sample.rss))} ${ofLimit}`;
  const bar = at("gauge").firstElementChild as HTMLElement;
  bar.style.width = limit === null ? "0" : `${Math.min(100, 100 * sample.rss / limit)}%`;
  bar.dataset.tone = view.pressure === "none" ? "own" : view.pressure === "trim" ? "warn" : "bad";

  show(at("per-call"), view.perCall === null ? UNKNOWN : bytes(view.perCall));
  const latency = median(calls.flatMap((call) => call.latency?.played.p50Ms ?? []));
  show(at("latency"), latency === undefined ? UNKNOWN : milliseconds(latency));
  show(at("lag"), milliseconds(view.lagMs));
  const costs = calls.flatMap(({ costUsd }) => costUsd ?? []);
  show(at("cost"), costs.length === 0 ? UNKNOWN : dollars(costs.reduce((sum, cost) => sum + cost, 0)));
}

function show(element: HTMLElement, { value, unit }: Figure): void {
  const small = document.createElement("small");
  small.textContent = unit;
  element.replaceChildren(value, small);
}
