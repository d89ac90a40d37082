/** @import { DashboardPast, DashboardView } from "../../../observability/reports/dashboard_data.ts" */
import { CallsTable } from "./calls_table.js";
import { Chart } from "./chart.js";
import { showAlarms, showTiles } from "./overview.js";
import { Timeline } from "./timeline.js";

/** A connection that the server has refused is not made again by the browser itself. */
const RETRY_MS = 10_000;

const timeline = new Timeline();
const chart = new Chart(/** @type {SVGSVGElement} */ (/** @type {Element} */ (at("chart"))), timeline);
const table = new CallsTable(at("rows"));

connect();

function connect() {
  const events = new EventSource("/dashboard/events");
  events.addEventListener("open", () => tell("live", "live"));
  events.addEventListener("error", () => {
    tell("lost", "connection lost");
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
  events.addEventListener("past", ({ data }) => {
    /** @type {DashboardPast} */
    const { samples } = JSON.parse(data);
    timeline.past(samples);
  });
  events.addEventListener("now", ({ data }) => show(JSON.parse(data)));
}

/** @param {DashboardView} view */
function show(view) {
  timeline.add(view.sample);
  showTiles(view, at);
  chart.draw(view.alarms.events);
  showAlarms(at("alarms"), view.alarms);
  table.show(view.calls);
  at("empty").hidden = view.calls.length > 0;
  at("table").hidden = view.calls.length === 0;
  at("more").textContent = view.moreCalls > 0 ? `and ${view.moreCalls} more` : "";
}

/**
 * @param {string} state
 * @param {string} words
 */
function tell(state, words) {
  at("link").dataset.state = state;
  at("link").textContent = words;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
