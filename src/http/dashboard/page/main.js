/** @import { DashboardPast, DashboardView } from "../../../observability/reports/dashboard_data.ts" */
import { CallsTable } from "./calls_table.js";
import { Chart } from "./chart.js";
import { elementAt } from "./elements.js";
import { FollowedCall } from "./followed_call.js";
import { showAlarms, showTiles } from "./overview.js";
import { showFleet } from "./fleet_table.js";
import { Timeline } from "./timeline.js";

/** A connection that the server has refused is not made again by the browser itself. */
const RETRY_MS = 10_000;
/** Longer than this without news, and the connection is lost, whatever the browser thinks: it comes every 2 s. */
const SILENCE_MS = 10_000;

const timeline = new Timeline();
const chart = new Chart(elementAt("chart", SVGSVGElement), timeline);
const table = new CallsTable(elementAt("rows"));

/** Since when nothing has come: by the page's own clock, which no change of the time touches. */
let newsAtMs = performance.now();
setInterval(() => {
  if (performance.now() - newsAtMs > SILENCE_MS) lost();
}, SILENCE_MS / 4);
const followed = new FollowedCall();
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain || link.pathname !== "/dashboard") return;
  event.preventDefault();
  if (link.search !== location.search) history.pushState(null, "", link.pathname + link.search);
  showPlace();
});
addEventListener("popstate", showPlace);
showPlace();
connect();

/** Shows what the address says: a call, or all of it. */
function showPlace() {
  const callSid = new URLSearchParams(location.search).get("call");
  const earlier = followed.callSid;
  elementAt("overview").hidden = callSid !== null;
  elementAt("live-call").hidden = callSid === null;
  document.title = "Slimline";
  if (callSid !== null) return followed.open(callSid);
  followed.close();
  table.focus(earlier); // the keyboard is where it was before
}

function connect() {
  const events = new EventSource("/dashboard/events");
  events.addEventListener("error", () => {
    lost();
    if (events.readyState !== EventSource.CLOSED) return;
    void askForToken();
    setTimeout(connect, RETRY_MS);
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
  showTiles(view);
  showFleet(view.instances);
  if (!elementAt("overview").hidden) chart.draw(view.alarms.events);
  showAlarms(elementAt("alarms"), view.alarms);
  table.show(view.calls);
  elementAt("empty").hidden = view.calls.length > 0;
  elementAt("table").hidden = view.calls.length === 0;
  elementAt("more").textContent = view.moreCalls > 0 ? `and ${view.moreCalls} more` : "";
}

/** A session that has ended is begun again by the form. */
async function askForToken() {
  try {
    const { status } = await fetch("/dashboard", { method: "GET", cache: "no-store" });
    if (status === 401) location.reload();
  } catch {
    // the server cannot be reached, as the page says
  }
}

/** Nothing that the page shows is of now any more. */
function lost() {
  tell("lost", "connection lost");
  elementAt("admission").textContent = "not known";
  elementAt("admission").dataset.tone = "idle";
}

/**
 * @param {string} state
 * @param {string} words
 */
function tell(state, words) {
  const link = elementAt("link");
  if (link.dataset.state === state) return; // a screen reader tells each change
  link.dataset.state = state;
  link.textContent = words;
}
