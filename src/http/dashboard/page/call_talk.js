/** @import { CallRecord } from "../../../records/call_record.ts" */
import { treatmentWords } from "./call_list.js";
import { dayAndTime, ENDS, make, toneOf } from "./elements.js";
import { figureText, inDollars, inMilliseconds, onClock } from "./format.js";
import { talkItem } from "./talk_entry.js";

/**
 * All that is known of a call.
 *
 * @param {CallRecord} record
 * @returns {Node[]}
 */
export function callSections(record) {
  const { business, direction, from, to, startedAt, earlier, message } = record;
  const parts = [...earlier, record];
  const talks = parts.filter(({ transcript }) => transcript.length > 0);
  return [
    make("p", { class: "back" }, make("a", { href: "/dashboard/calls" }, "← All calls")),
    make(
      "section",
      { class: "panel", "aria-labelledby": "call-name" },
      make(
        "h2",
        { id: "call-name", tabindex: "-1", class: "call-name" },
        `${business}, ${direction === "inbound" ? from || "withheld" : `to ${to}`}`,
      ),
      make("p", { class: "note" }, `${dayAndTime(startedAt)} · ${record.callSid}`),
      facts(record),
    ),
    ...message ? [messageSection(record, message)] : [],
    ...talks.map((part) =>
      make(
        "section",
        { class: "panel", "aria-label": talks.length > 1 ? `Talk of ${dayAndTime(part.startedAt)}` : "Talk" },
        make("h2", {}, "Talk"),
        make("ol", { class: "talk" }, ...part.transcript.map((entry) => talkItem(entry))),
      )
    ),
    ...talks.length === 0 && !message
      ? [make("p", { class: "panel empty" }, "The agent and the caller did not talk.")]
      : [],
  ];
}

/** @param {CallRecord} record */
function facts({ reason, durationMs, latency, costUsd, treatment, error, isPartial, streams, audio }) {
  const lost = audio.uplinkDroppedMs + audio.uplinkMissingMs + audio.downlinkDroppedMs;
  /** @type {[string, string, string?][]} */
  const all = [
    ["Ended", ENDS[reason] ?? reason, toneOf(reason)],
    ...streams > 0 ? /** @type {[string, string][]} */ ([["Length", onClock(durationMs)]]) : [],
    ...latency
      ? /** @type {[string, string][]} */ ([
        ["Answer after, median", figureText(inMilliseconds(latency.played.p50Ms))],
        ["Answer after, longest", figureText(inMilliseconds(latency.played.maxMs))],
        ["Turns answered", `${latency.turns}`],
      ])
      : [],
  ];
  if (streams > 0) all.push(["Cost", costUsd === null ? "not known" : figureText(inDollars(costUsd))]);
  if (streams > 1) all.push(["Streams", `${streams}`]);
  if (lost > 0) all.push(["Audio lost", figureText(inMilliseconds(lost))]);
  if (treatment) all.push(["In place of the agent", treatmentWords(treatment)]);
  if (error) all.push(["Error", error, "bad"]);
  if (isPartial) all.push(["Record", "what came after the last checkpoint is missing", "warn"]);
  return make(
    "dl",
    { class: "facts" },
    ...all.map(([name, value, tone]) =>
      make(
        "div",
        {},
        make("dt", {}, name),
        make("dd", tone ? { "data-tone": tone, class: "toned" } : {}, value),
      )
    ),
  );
}

/** What became of a recording, in words. */
const RECORDINGS = {
  pending: "The recording is still to be fetched from Twilio.",
  kept: "",
  linked: "The recording is at Twilio.",
  lost: "The recording could not be fetched: Twilio does not have it.",
};

/**
 * @param {CallRecord} record
 * @param {NonNullable<CallRecord["message"]>} message
 */
function messageSection({ callSid }, { durationMs, recording, recordingProblem, transcript }) {
  const why = recordingProblem ? ` (${recordingProblem.replaceAll("_", " ")})` : "";
  return make(
    "section",
    { class: "panel", "aria-label": "Message" },
    make(
      "div",
      { class: "heading" },
      make("h2", {}, "Message"),
      make("p", { class: "note" }, onClock(durationMs)),
    ),
    recording === "kept"
      ? make("audio", {
        controls: "",
        preload: "metadata",
        src: `/dashboard/records/${encodeURIComponent(callSid)}/recording`,
        "aria-label": "Recording of the message",
      })
      : make("p", { class: "note" }, RECORDINGS[recording] + why),
    make(
      "p",
      transcript ? { class: "message-words" } : { class: "note" },
      transcript ?? "It is not transcribed.",
    ),
  );
}
