import type { WholeMessage } from "../../records/whole_messages.ts";
import { isObject } from "../../util/is_object.ts";
import { NO_AUDIO, NO_EXPENSE } from "../call_summary.ts";
import { TOOL_OUTCOMES } from "../tools/tool.ts";
import type { JournalState } from "./journal.ts";
import type { TurnLatency } from "./latency.ts";
import type { TranscriptEntry } from "./transcript_entry.ts";
import { type CallUsage, NO_USAGE } from "./usage.ts";

/**
 * A journal that another process has written, which may be of an earlier or a later version: what it lacks is
 * nothing, and what is not known here is left out, so that neither version has to wait for the other. Only
 * when the call began, and that something may have been said, must be there.
 *
 * @returns undefined for what is no journal
 */
export function readJournal(value: unknown): JournalState | undefined {
  const { startedEpochMs, transcript, usage, latency, ...more } = fieldsOf(value);
  if (!isTime(startedEpochMs) || !Array.isArray(transcript)) return undefined;
  const { count, turns } = fieldsOf(latency);
  return {
    startedEpochMs,
    ...isAmount(more.ageMs) && { ageMs: more.ageMs },
    streams: amount(more.streams),
    audio: counts(NO_AUDIO, more.audio),
    booked: counts(NO_EXPENSE, more.booked),
    isWarned: more.isWarned === true,
    toolCalls: amount(more.toolCalls),
    transcript: transcript.flatMap(readEntry),
    usage: readUsage(fieldsOf(usage)),
    messages: listed(more.messages).flatMap(readMessage),
    latency: { count: amount(count), turns: listed(turns).flatMap(readTurn) },
    ...typeof more.traceContext === "string" && { traceContext: more.traceContext },
  };
}

function readUsage({ responses, tokens, transcription }: Record<string, unknown>): CallUsage {
  return {
    responses: amount(responses),
    tokens: counts(NO_USAGE.tokens, tokens),
    transcription: counts(NO_USAGE.transcription, transcription),
  };
}

/** What is of a kind that is not known here is a note, if it has words: whatever is kept has a form. */
function readEntry(value: unknown): TranscriptEntry[] {
  const entry = fieldsOf(value);
  const { kind } = entry;
  const atMs = amount(entry.atMs);
  const said = text(entry.text);
  switch (kind) {
    case "user":
      return [{ kind, atMs, text: said }];
    case "assistant":
      return [{
        kind,
        atMs,
        text: said,
        cut: entry.cut === true,
        ...isAmount(entry.waitMs) && { waitMs: entry.waitMs },
      }];
    case "tool":
      return [{
        kind,
        atMs,
        durationMs: amount(entry.durationMs),
        name: text(entry.name),
        arguments: text(entry.arguments),
        output: text(entry.output),
        outcome: TOOL_OUTCOMES.find((outcome) => outcome === entry.outcome) ?? "begun",
      }];
    case "keys":
      return [{ kind, atMs, digits: text(entry.digits) }];
    case "interruption":
      return [{ kind, atMs, heardMs: amount(entry.heardMs) }];
    default:
      return said === "" ? [] : [{ kind: "note", atMs, text: said }];
  }
}

function readMessage(value: unknown): WholeMessage[] {
  const { atMs, name, number, text: said } = fieldsOf(value);
  return typeof said !== "string" ? [] : [{
    atMs: amount(atMs),
    name: typeof name === "string" ? name : null,
    number: typeof number === "string" ? number : null,
    text: said,
  }];
}

/** Half of a measurement is none: in sums it would count as no wait at all. */
function readTurn(value: unknown): TurnLatency[] {
  const { responseId, receivedMs, sentMs, playedMs } = fieldsOf(value);
  if (!isAmount(receivedMs) || !isAmount(sentMs) || !isAmount(playedMs)) return [];
  return [{ responseId: text(responseId), receivedMs, sentMs, playedMs }];
}

/** The counts of these names; what is missing is 0, and what has another name is left out. */
function counts<T extends { readonly [Key in keyof T]: number }>(none: T, value: unknown): T {
  const found = fieldsOf(value);
  const read = { ...none };
  for (const name in none) read[name] = amount(found[name]) as T[typeof name];
  return read;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(new Date(value).getTime());
}

/** Sums of them are still numbers. */
function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function amount(value: unknown): number {
  return isAmount(value) ? value : 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
