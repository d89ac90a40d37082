/**
 * The events of the OpenAI Realtime API, GA interface, as this program uses them. The types are OpenAI's own;
 * importing them costs nothing at run time.
 */
import type {
  RealtimeClientEvent,
  RealtimeServerEvent,
  RealtimeSessionCreateRequest,
} from "openai/resources/realtime/realtime";

export type ClientEvent = RealtimeClientEvent;
/** What `session.update` carries. */
export type SessionRequest = RealtimeSessionCreateRequest;

/** Puts an item into the conversation. */
export type ItemCreate = Extract<ClientEvent, { type: "conversation.item.create" }>;

/** Puts a text into the conversation as if that side had said it. */
export function textItem(role: "user" | "assistant" | "system", text: string): ItemCreate {
  return {
    type: "conversation.item.create",
    item: role === "assistant"
      ? { type: "message", role, content: [{ type: "output_text", text }] }
      : { type: "message", role, content: [{ type: "input_text", text }] },
  };
}

type EventOf<Type> = Extract<RealtimeServerEvent, { type: Type }>;

/**
 * The server events that someone in this program acts on. Audio deltas are not among them: they are never
 * parsed.
 */
export type ServerEvent = EventOf<typeof HANDLED[number]>;

/** Events that are parsed and handed on. */
export const HANDLED = [
  "error",
  "session.created",
  "session.updated",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
  "input_audio_buffer.committed",
  "input_audio_buffer.timeout_triggered",
  "conversation.item.added",
  "conversation.item.done",
  "conversation.item.truncated",
  "conversation.item.deleted",
  "conversation.item.input_audio_transcription.delta",
  "conversation.item.input_audio_transcription.completed",
  "conversation.item.input_audio_transcription.failed",
  "response.created",
  "response.output_item.added",
  "response.output_item.done",
  "response.output_audio.done",
  "response.output_audio_transcript.delta",
  "response.output_audio_transcript.done",
  "response.mcp_call.completed",
  "response.mcp_call.failed",
  "response.done",
  "mcp_list_tools.failed",
] as const;

/** Events that are part of the interface and carry nothing this program needs. */
export const IGNORED = [
  "conversation.item.retrieved",
  "conversation.item.input_audio_transcription.segment",
  "input_audio_buffer.cleared",
  "input_audio_buffer.dtmf_event_received",
  "rate_limits.updated",
  "response.content_part.added",
  "response.content_part.done",
  "response.output_text.delta",
  "response.output_text.done",
  // The finished call is taken from `response.output_item.done`; these also come for calls that were cut off.
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "mcp_list_tools.in_progress",
  "mcp_list_tools.completed",
  "response.mcp_call_arguments.delta",
  "response.mcp_call_arguments.done",
  "response.mcp_call.in_progress",
] as const;

/** The event that carries audio. */
export const AUDIO_DELTA = "response.output_audio.delta";

/** What is done with events of a type: `audio` is scanned, `handled` parsed, `ignored` dropped unread. */
export type EventHandling = "audio" | "handled" | "ignored";

const handlings = new Map<string, EventHandling>([
  [AUDIO_DELTA, "audio"],
  ...HANDLED.map((type) => [type, "handled"] as const),
  ...IGNORED.map((type) => [type, "ignored"] as const),
]);

/** What is done with events of this type; undefined when the type is not known. */
export function eventHandling(type: string): EventHandling | undefined {
  return handlings.get(type);
}
