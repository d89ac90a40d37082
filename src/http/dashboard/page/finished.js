/** @import { CallRecord } from "../../../records/call_record.ts" */
import { callRow } from "./call_list.js";
import { callSections } from "./call_talk.js";
import { dayTable } from "./day_chart.js";
import { elementAt, ENDS, make } from "./elements.js";

/** Calls of one page of the list. */
const CALLS_AT_ONCE = 50;
/** Requests for a page that is to be fuller: a store that has to search looks at a bounded number of records. */
const MOST_REQUESTS = 20;

const filters = elementAt("filters", HTMLFormElement);
const rows = elementAt("finished-rows");
const more = elementAt("finished-more", HTMLButtonElement);
/** Where the next page begins. @type {string | null} */
let cursor = null;
/** Which list is being shown: what arrives for an earlier one is dropped. */
let turn = 0;

filters.querySelector("select")?.append(
  new Option("for any reason", ""),
  ...Object.entries(ENDS).map(([reason, name]) => new Option(name, reason)),
);
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) if (value !== "") asked.set(name, `${value}`);
  go(`/dashboard/calls${asked.size > 0 ? `?${asked}` : ""}`);
});
filters.addEventListener("reset", () => go("/dashboard/calls"));
more.addEventListener("click", () => void fill(turn));
addEventListener("popstate", () => void showPlace());
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain || link.pathname !== "/dashboard/calls" || link.closest("nav")) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
void showPlace();

/** @param {string} url */
function go(url) {
  history.pushState(null, "", url);
  void showPlace();
}

/** Shows what the address says: a call, or the list. */
async function showPlace() {
  const asked = new URLSearchParams(location.search);
  const callSid = asked.get("call");
  elementAt("list").hidden = callSid !== null;
  elementAt("call").hidden = callSid === null;
  turn++;
  if (callSid !== null) return await showCall(callSid, turn);
  document.title = "Slimline: calls";
  for (const field of filters.elements) {
    if ("name" in field && "value" in field && field.name) field.value = asked.get(`${field.name}`) ?? "";
  }
  rows.replaceChildren();
  cursor = null;
  await Promise.all([fill(turn), showDay(turn)]);
}

/**
 * @param {string} callSid
 * @param {number} shown
 */
async function showCall(callSid, shown) {
  const view = elementAt("call");
  view.replaceChildren(make("p", { class: "panel empty", role: "status" }, "Loading …"));
  const answer = await ask(`/dashboard/records?call=${encodeURIComponent(callSid)}`);
  if (shown !== turn) return;
  if (typeof answer === "string") {
    view.replaceChildren(
      make("p", { class: "back" }, make("a", { href: "/dashboard/calls" }, "← All calls")),
      make("p", { class: "panel empty", role: "alert" }, answer),
    );
    return;
  }
  /** @type {CallRecord} */
  const record = answer;
  view.replaceChildren(...callSections(record));
  document.title = `Slimline: ${record.business}, ${record.callSid}`;
  elementAt("call-name").focus();
}

/** Adds calls to the list. @param {number} shown */
async function fill(shown) {
  more.disabled = true;
  elementAt("list-note").textContent = "Loading …";
  const place = location.search;
  let added = 0;
  for (let requests = 0; requests < MOST_REQUESTS && added < CALLS_AT_ONCE; requests++) {
    const asked = listQuery(new URLSearchParams(place), CALLS_AT_ONCE - added);
    const page = await ask(`/dashboard/records?${asked}`);
    if (shown !== turn) return;
    if (typeof page === "string") return tellList(page);
    rows.append(...page.records.map(callRow));
    added += page.records.length;
    cursor = page.next;
    if (cursor === null) break;
  }
  tellList("");
}

/**
 * What the server is asked for: a day until which calls are shown is shown, too, and days are the reader's.
 *
 * @param {URLSearchParams} asked
 * @param {number} limit
 */
function listQuery(asked, limit) {
  const query = new URLSearchParams(asked);
  for (const [name, days] of /** @type {const} */ ([["since", 0], ["until", 1]])) {
    const day = query.get(name)?.split("-").map(Number);
    if (day?.length !== 3) continue;
    query.set(name, new Date(day[0], day[1] - 1, day[2] + days).toISOString());
  }
  query.set("limit", `${limit}`);
  if (cursor !== null) query.set("cursor", cursor);
  return query;
}

/** @param {string} problem empty: there is none */
function tellList(problem) {
  const count = rows.childElementCount;
  more.disabled = false;
  more.hidden = problem !== "" || cursor === null;
  elementAt("finished-table").hidden = count === 0;
  elementAt("finished-empty").hidden = count > 0 || problem !== "";
  elementAt("list-note").textContent = problem ||
    (count === 1 ? "1 call" : `${count} calls${cursor ? " so far" : ""}`);
}

/** @param {number} shown */
async function showDay(shown) {
  const day = await ask("/dashboard/hours");
  if (shown !== turn) return;
  if (typeof day === "string") {
    elementAt("day").replaceChildren();
    elementAt("day-note").textContent = day;
    return;
  }
  const { table, note } = dayTable(day);
  elementAt("day").replaceChildren(...day.hours.length > 0 ? [table] : []);
  elementAt("day-note").textContent = note;
}

/**
 * Asks the server for JSON. What goes wrong comes as words.
 *
 * @param {string} url
 * @returns {Promise<any>}
 */
async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    if (answer.ok) return await answer.json();
    if (answer.status === 401) location.reload(); // the form asks for the token
    return (await answer.text()).trim() || `The server answered ${answer.status}.`;
  } catch {
    return "The server cannot be reached.";
  }
}
