/** @import { DashboardPast, DashboardView } from "../../../observability/reports/dashboard_data.ts" */
import { CallsTable } from "./calls_table.js";
import { Chart } from "./chart.js";
import { showAlarms, showTiles } from "./overview.js";
import { Timeline } from "./timeline.js";

/** A connection that the server has refused is not made again by the browser itself. */
const RETRY_MS = 10_000;
/** Longer than this without news, and the connection is lost, whatever the browser thinks: it comes every 2 s. */
const SILENCE_MS = 10_000;

const timeline = new Timeline();
const chart = new Chart(/** @type {SVGSVGElement} */ (/** @type {Element} */ (at("chart"))), timeline);
const table = new CallsTable(at("rows"));

/** Since when nothing has come: by the page's own clock, which no change of the time touches. */
let newsAtMs = performance.now();
setInterval(() => {
  if (performance.now() - newsAtMs > SILENCE_MS) lost();
}, SILENCE_MS / 4);
connect();

function connect() {
  const events = new EventSource("/dashboard/events");
  events.addEventListener("error", () => {
    lost();
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
  newsAtMs = performance.now();
  tell("live", "live");
  timeline.add(view.sample);
  showTiles(view, at);
  chart.draw(view.alarms.events);
  showAlarms(at("alarms"), view.alarms);
  table.show(view.calls);
  at("empty").hidden = view.calls.length > 0;
  at("table").hidden = view.calls.length === 0;
  at("more").textContent = view.moreCalls > 0 ? `and ${view.moreCalls} more` : "";
}

/** Nothing that the page shows is of now any more. */
function lost() {
  tell("lost", "connection lost");
  at("admission").textContent = "not known";
  at("admission").dataset.tone = "idle";
}

/**
 * @param {string} state
 * @param {string} words
 */
function tell(state, words) {
  const link = at("link");
  if (link.dataset.state === state) return; // a screen reader tells each change
  link.dataset.state = state;
  link.textContent = words;
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
