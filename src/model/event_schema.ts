import * as v from "valibot";
import type { ServerEvent } from "./events.ts";

/*
 * What this program uses of the events that it acts on, and nothing else: a field that OpenAI adds, or leaves
 * out and nobody reads, makes no event unreadable. A field that can be missed is optional here, and where it
 * is read.
 */

/** Longest id. OpenAI's have some 25 characters. */
const MAX_ID_CHARS = 512;

/** One that something is named by, to OpenAI too. */
const id = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_ID_CHARS));
/** One that can be missed; empty, it is missing. */
const optionalId = v.nullish(v.pipe(v.string(), v.maxLength(MAX_ID_CHARS)));
const text = v.nullish(v.string());
const ofItem = v.object({ item_id: id });

const apiError = v.object({ type: text, code: text, message: text, param: text });

/** Contents are only asked for their type. */
const content = v.nullish(v.array(v.object({ type: v.string() })));
const item = v.variant("type", [
  v.object({ type: v.literal("message"), id: optionalId, role: v.string(), content }),
  v.object({
    type: v.literal("function_call"),
    id: optionalId,
    call_id: optionalId,
    name: v.string(),
    arguments: text,
    status: text,
  }),
  v.object({
    type: v.literal("mcp_call"),
    id,
    name: v.string(),
    arguments: v.string(),
    output: text,
    error: v.nullish(v.object({ message: text })),
  }),
]);
/** Kinds of items that nobody looks into, and those of next year. */
const otherItem = v.object({
  id: optionalId,
  type: v.pipe(v.string(), v.check((type) => !["message", "function_call", "mcp_call"].includes(type))),
});
const anyItem = v.union([item, otherItem]);

const response = v.object({
  id: optionalId,
  metadata: v.nullish(v.record(v.string(), v.unknown())),
  status: text,
  status_details: v.nullish(v.object({ error: v.nullish(apiError), reason: text })),
});

const nothing = v.object({});

const SCHEMAS: Readonly<Record<ServerEvent["type"], v.GenericSchema>> = {
  "error": v.object({ error: v.object({ ...apiError.entries, event_id: text }) }),
  "session.created": nothing,
  "session.updated": nothing,
  "input_audio_buffer.speech_started": v.object({ item_id: optionalId }),
  "input_audio_buffer.speech_stopped": v.object({ item_id: optionalId }),
  "input_audio_buffer.committed": nothing,
  "input_audio_buffer.timeout_triggered": v.object({ item_id: optionalId }),
  "conversation.item.added": v.object({ item: anyItem, previous_item_id: optionalId }),
  "conversation.item.done": v.object({ item: anyItem }),
  "conversation.item.truncated": nothing,
  "conversation.item.deleted": nothing,
  "conversation.item.input_audio_transcription.delta": v.object({ item_id: id, delta: text }),
  "conversation.item.input_audio_transcription.completed": v.object({ item_id: id, transcript: v.string() }),
  "conversation.item.input_audio_transcription.failed": ofItem,
  "response.created": v.object({ response }),
  "response.output_item.added": v.object({ item: anyItem, response_id: id }),
  "response.output_item.done": v.object({ item: anyItem, response_id: id }),
  "response.output_audio.done": ofItem,
  "response.output_audio_transcript.delta": v.object({ item_id: id, delta: v.string() }),
  "response.output_audio_transcript.done": v.object({ item_id: id, transcript: v.string() }),
  "response.mcp_call.completed": ofItem,
  "response.mcp_call.failed": ofItem,
  "response.done": v.object({ response }),
  "mcp_list_tools.failed": ofItem,
};

/** True when an event has what is used of its kind, each of the kind that it should be. */
export function isWellFormed(event: { type: string }): event is ServerEvent {
  const schema = SCHEMAS[event.type as ServerEvent["type"]];
  return schema !== undefined && v.is(schema, event);
}
