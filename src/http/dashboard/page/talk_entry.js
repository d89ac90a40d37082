/** @import { TalkEntry } from "../../../observability/reports/call_talk.ts" */
import { make } from "./elements.js";
import { figureText, inMilliseconds, onClock } from "./format.js";

/**
 * What was said or done in a call, as an item of a list.
 *
 * @param {TalkEntry} entry
 * @param {string} caller what the caller is called
 * @returns {HTMLLIElement}
 */
export function talkItem(entry, caller = "Caller") {
  const { kind, atMs, heardMs } = entry;
  const at = make("span", { class: "at" }, onClock(atMs));
  if (kind === "interruption") {
    const who = caller === "Caller" ? "The caller" : caller;
    const heard = heardMs === undefined ? "" : `, having heard ${Math.round(heardMs)} ms of the answer`;
    return make("li", { class: kind }, at, make("span", { class: "said" }, `${who} interrupted${heard}.`));
  }
  const speakers = { user: caller, assistant: "Agent", tool: "Tool", keys: "Keys", note: "Note" };
  return make(
    "li",
    { class: kind },
    at,
    make("b", { class: "who" }, speakers[kind]),
    make("div", { class: "said" }, ...kind === "tool" ? toolIn(entry) : wordsIn(entry)),
  );
}

/** @param {TalkEntry} entry */
function wordsIn({ kind, text, cut, waitMs, digits }) {
  /** @type {(Node | string)[]} */
  const parts = [digits ?? text ?? ""];
  if (kind === "user" && !text) parts[0] = "…"; // the words are still to come
  if (cut) parts.push(" ", make("span", { class: "mark", "data-tone": "warn" }, "cut off here"));
  if (waitMs !== undefined) {
    parts.push(" ", make("span", { class: "mark" }, `after ${figureText(inMilliseconds(waitMs))}`));
  }
  return parts;
}

/** @param {TalkEntry} entry */
function toolIn({ name = "", outcome = "", durationMs, arguments: given, output }) {
  const took = durationMs === undefined ? "" : `, ${figureText(inMilliseconds(durationMs))}`;
  const tone = outcome === "done" ? "good" : outcome === "begun" ? "" : "bad";
  return [
    make("span", { class: "tool-name" }, name),
    " ",
    make("span", { class: "mark", "data-tone": tone }, outcome.replaceAll("_", " ") + took),
    ...jsonText("told", given),
    ...jsonText("answered", output),
  ];
}

/**
 * @param {string} what
 * @param {string | undefined} text JSON, or the beginning of it
 */
function jsonText(what, text) {
  if (!text) return [];
  return [make("code", { class: "json" }, make("span", { class: "what" }, `${what} `), text)];
}
