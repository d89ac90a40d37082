/** @import { CallSnapshot, CallState } from "../../../observability/reports/call_snapshot.ts" */
import { make } from "./elements.js";
import { figureText, inBytes, inDollars, inMilliseconds, onClock } from "./format.js";

/** @type {Readonly<Record<CallState, { name: string, tone: string }>>} */
export const CALL_STATES = {
  connecting: { name: "connecting", tone: "warn" },
  caller_speaks: { name: "caller speaks", tone: "own" },
  answering: { name: "answering", tone: "good" },
  using_tool: { name: "using a tool", tone: "warn" },
  thinking: { name: "thinking", tone: "warn" },
  listening: { name: "listening", tone: "idle" },
};

/** One row a call, which stays the same element for as long as the call lasts. */
export class CallsTable {
  #body;
  /** @type {Map<string, HTMLTableRowElement>} */
  #rows = new Map();

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#body = body;
  }

  /** @param {readonly CallSnapshot[]} calls */
  show(calls) {
    const live = new Set(calls.map(({ callSid }) => callSid));
    for (const [callSid, row] of this.#rows) {
      if (live.has(callSid)) continue;
      row.remove();
      this.#rows.delete(callSid);
    }
    calls.forEach((call, index) => {
      const row = this.#rowFor(call.callSid);
      fill(row, call);
      if (this.#body.children[index] !== row) {
        this.#body.insertBefore(row, this.#body.children[index] ?? null);
      }
    });
  }

  /** Gives the keyboard to the row of a call, if there is one. @param {string} callSid */
  focus(callSid) {
    this.#rows.get(callSid)?.querySelector("a")?.focus();
  }

  /** @param {string} callSid */
  #rowFor(callSid) {
    let row = this.#rows.get(callSid);
    if (!row) this.#rows.set(callSid, row = emptyRow(callSid));
    return row;
  }
}

/** The class and the name of each column. */
const COLUMNS = [
  ["business", "Business"],
  ["state", "State"],
  ["number", "Time"],
  ["number", "Answer"],
  ["number", "Held"],
  ["number", "Cost"],
  ["words", "Last words"],
];

/** @param {string} callSid */
function emptyRow(callSid) {
  const row = document.createElement("tr");
  row.dataset.call = callSid;
  for (const [className, name] of COLUMNS) {
    const cell = row.insertCell();
    cell.className = className;
    cell.dataset.name = name;
  }
  // It stays the same element, so that it keeps the keyboard while the call goes on.
  const link = make("a", { href: `/dashboard?call=${encodeURIComponent(callSid)}` });
  row.cells[0].append(link, make("small", {}));
  return row;
}

/**
 * @param {HTMLTableRowElement} row
 * @param {CallSnapshot} call
 */
function fill(row, call) {
  const [business, state, time, answer, held, cost, said] = row.cells;
  const { name, tone } = CALL_STATES[call.state];
  const { latency, costUsd, lastWords } = call;
  const [link, number] = business.children;
  link.textContent = call.business;
  number.textContent = call.isOutbound ? `to ${call.number}` : call.number;
  state.textContent = name;
  state.dataset.tone = tone;
  time.textContent = onClock(call.durationMs);
  answer.textContent = latency ? figureText(inMilliseconds(latency.played.p50Ms)) : "–";
  held.textContent = figureText(inBytes(call.ledgerBytes));
  cost.textContent = costUsd === null ? "–" : figureText(inDollars(costUsd));
  said.replaceChildren(...lastWords ? [make("small", {}, lastWords.speaker), lastWords.text] : []);
  said.title = lastWords?.text ?? "";
}
