/** @import { CallRecord } from "../../../records/call_record.ts" */
import { dayAndTime, ENDS, make, toneOf } from "./elements.js";
import { figureText, inDollars, inMilliseconds, onClock } from "./format.js";

/** Names of the columns, for narrow screens. */
const LIST_COLUMNS = ["When", "Business", "Caller", "Ended", "Length", "Answer", "Cost", "First words"];

/**
 * The row of a finished call. Its first cell leads to the call.
 *
 * @param {CallRecord} record
 * @returns {HTMLTableRowElement}
 */
export function callRow(record) {
  const { callSid, startedAt, business, direction, from, to, reason, durationMs, latency, costUsd } = record;
  const caller = direction === "inbound" ? from : `to ${to}`;
  const lengthMs = durationMs || (record.message?.durationMs ?? 0);
  /** @type {[string, Node | string][]} */
  const cells = [
    [
      "when",
      make("a", { href: `/dashboard/calls?call=${encodeURIComponent(callSid)}` }, dayAndTime(startedAt)),
    ],
    ["business", business],
    ["caller", caller || "withheld"],
    ["state", ENDS[reason] ?? reason],
    ["number", lengthMs > 0 ? onClock(lengthMs) : "–"],
    ["number", latency ? figureText(inMilliseconds(latency.played.p50Ms)) : "–"],
    ["number", costUsd === null || record.streams === 0 ? "–" : figureText(inDollars(costUsd))],
    ["words", firstWords(record)],
  ];
  return make(
    "tr",
    { "data-call": callSid },
    ...cells.map(([name, content], column) => {
      const cell = make("td", { class: name, "data-name": LIST_COLUMNS[column] }, content);
      if (name === "state") cell.dataset.tone = toneOf(reason);
      return cell;
    }),
  );
}

/** @param {CallRecord} record */
function firstWords({ transcript, message, treatment }) {
  const words = transcript.find(({ kind, text }) => kind === "user" && text)?.text;
  return words || message?.transcript || (treatment ? treatmentWords(treatment) : "");
}

/** What came in place of the agent, in words. */
const TREATMENTS = {
  line: "asked to hold",
  words: "heard words",
  forward: "another number rung",
  voicemail: "could leave a message",
  nothing: "nothing came instead",
};

/**
 * What a caller got in place of the agent, in words.
 *
 * @param {NonNullable<CallRecord["treatment"]>} treatment
 * @returns {string}
 */
export function treatmentWords({ why, got }) {
  return `${why.replaceAll("_", " ")}: ${TREATMENTS[got]}`;
}
