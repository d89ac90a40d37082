import type { CallSnapshot, CallState } from "../../../call/call_snapshot.ts";
import { bytes, dollars, duration, milliseconds, text } from "./format.ts";

const STATES: Readonly<Record<CallState, { name: string; tone: string }>> = {
  connecting: { name: "connecting", tone: "warn" },
  caller_speaks: { name: "caller speaks", tone: "own" },
  answering: { name: "answering", tone: "good" },
  using_tool: { name: "using a tool", tone: "warn" },
  thinking: { name: "thinking", tone: "warn" },
  listening: { name: "listening", tone: "idle" },
};

/** One row a call, which stays the same element for as long as the call lasts. */
export class CallsTable {
  readonly #body: HTMLElement;
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor(body: HTMLElement) {
    this.#body = body;
  }

  show(calls: readonly CallSnapshot[]): void {
    const live = new Set(calls.map(({ callSid }) => callSid));
    for (const [callSid, row] of this.#rows) {
      if (live.has(callSid)) continue;
      row.remove();
      this.#rows.delete(callSid);
    }
    calls.forEach((call, index) => {
      const row = this.#rowOf(call.callSid);
      fill(row, call);
      if (this.#body.children[index] !== row) {
        this.#body.insertBefore(row, this.#body.children[index] ?? null);
      }
    });
  }

  #rowOf(callSid: string): HTMLTableRowElement {
    let row = this.#rows.get(callSid);
    if (!row) this.#rows.set(callSid, row = emptyRow(callSid));
    return row;
  }
}

const COLUMNS: readonly (readonly [className: string, name: string])[] = [
  ["business", "Business"],
  ["state", "State"],
  ["number", "Time"],
  ["number", "Answer"],
  ["number", "Held"],
  ["number", "Cost"],
  ["words", "Last words"],
];

function emptyRow(callSid: string): HTMLTableRowElement {
  const row = document.createElement("tr");
  row.dataset.call = callSid;
  for (const [className, name] of COLUMNS) {
    const cell = row.insertCell();
    cell.className = className;
    cell.dataset.name = name;
  }
  return row;
}

function fill(row: HTMLTableRowElement, call: CallSnapshot): void {
  const [business, state, time, answer, held, cost, said] = row.cells;
  const { name, tone } = STATES[call.state];
  const { latency, costUsd, lastWords } = call;
  business.replaceChildren(call.business, small(call.isOutbound ? `to ${call.number}` : call.number));
  state.textContent = name;
  state.dataset.tone = tone;
  time.textContent = duration(call.durationMs);
  answer.textContent = latency ? text(milliseconds(latency.played.p50Ms)) : "–";
  held.textContent = text(bytes(call.ledgerBytes));
  cost.textContent = costUsd === null ? "–" : text(dollars(costUsd));
  said.replaceChildren(...lastWords ? [small(lastWords.speaker), lastWords.text] : []);
  said.title = lastWords?.text ?? "";
}

function small(content: string): HTMLElement {
  const made = document.createElement("small");
  made.textContent = content;
  return made;
}
