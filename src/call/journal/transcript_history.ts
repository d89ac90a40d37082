import { type ItemCreate, textItem } from "../../model/events.ts";
import { cutFront, shorten } from "../../util/cut_text.ts";
import { INAUDIBLE, type TranscriptEntry } from "./transcript_entry.ts";

/** Most characters of a restored history, about 3,000 tokens. */
const MAX_HISTORY_CHARS = 12_000;
/** Longest arguments, and longest output, of a tool in it. */
const MAX_TOOL_CHARS = 500;
/** Stands in front when the beginning is left out. */
const LEFT_OUT = "The beginning of the conversation is left out.";
/** Stands for the output of a tool that was at work when the session or the call went away. */
const CUT_OFF = "nothing yet. It is not known whether it has done anything.";

interface Message {
  readonly role: "user" | "assistant" | "system";
  readonly text: string;
}

/**
 * What a new session must be told so that the conversation can go on: `conversation.item.create` events with
 * text, in order (audio of the assistant cannot be restored over the Realtime API). The assistant's turns are
 * as the caller heard them. When it is too much, the newest is kept.
 */
export function historyEvents(
  entries: readonly TranscriptEntry[],
  maxChars = MAX_HISTORY_CHARS,
): ItemCreate[] {
  const kept: Message[] = [];
  let room = maxChars;
  for (const entry of entries.toReversed()) {
    const message = toMessage(entry);
    if (!message) continue;
    if (message.text.length > room) {
      // Of one turn that is longer than everything, its end is what the next words refer to.
      if (kept.length === 0) kept.push({ ...message, text: cutFront(message.text, room) });
      kept.push({ role: "system", text: LEFT_OUT });
      break;
    }
    room -= message.text.length;
    kept.push(message);
  }
  return kept.reverse().map(({ role, text }) => textItem(role, text));
}

function toMessage(entry: TranscriptEntry): Message | undefined {
  switch (entry.kind) {
    case "user":
      return { role: "user", text: entry.text || INAUDIBLE };
    case "assistant":
      return entry.text ? { role: "assistant", text: entry.text } : undefined;
    case "keys":
      return { role: "user", text: `The caller pressed ${entry.digits}.` };
    case "tool": {
      const args = shorten(entry.arguments, MAX_TOOL_CHARS) || "{}";
      const isKnown = entry.outcome !== "call_ended" && entry.outcome !== "begun";
      const output = isKnown ? shorten(entry.output, MAX_TOOL_CHARS) : CUT_OFF;
      return { role: "system", text: `You used the tool ${entry.name} with ${args}. It gave: ${output}` };
    }
    case "note":
      return { role: "system", text: entry.text };
    case "interruption":
      return undefined;
  }
}
