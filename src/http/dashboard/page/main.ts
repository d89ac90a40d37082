import type { DashboardPast, DashboardView } from "../../../observability/reports/shapes.ts";
import { showAlarms } from "./alarm_list.ts";
import { CallsTable } from "./calls_table.ts";
import { Chart } from "./chart.ts";
import { showTiles } from "./tiles.ts";
import { Timeline } from "./timeline.ts";

/** A connection that the server has refused is not made again by the browser itself. */
const RETRY_MS = 10_000;

const timeline = new Timeline();
const chart = new Chart(at<SVGSVGElement>("chart"), timeline);
const table = new CallsTable(at("rows"));

connect();

function connect(): void {
  const events = new EventSource("/dashboard/events");
  events.addEventListener("open", () => tell("live", "live"));
  events.addEventListener("error", () => {
    tell("lost", "connection lost");
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
  events.addEventListener("past", ({ data }) => timeline.past((JSON.parse(data) as DashboardPast).samples));
  events.addEventListener("now", ({ data }) => show(JSON.parse(data) as DashboardView));
}

function show(view: DashboardView): void {
  timeline.add(view.sample);
  showTiles(view, at);
  chart.draw(view.alarms.events);
  showAlarms(at("alarms"), view.alarms);
  table.show(view.calls);
  at("empty").hidden = view.calls.length > 0;
  at("table").hidden = view.calls.length === 0;
  at("more").textContent = view.moreCalls > 0 ? `and ${view.moreCalls} more` : "";
}

function tell(state: string, words: string): void {
  at("link").dataset.state = state;
  at("link").textContent = words;
}

function at<Kind extends Element = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found as Element as Kind;
}
