import { checkEmulatedClientEvent, type EmulatedClientEvent } from "./client_event_schema.ts";
import { ProtocolError } from "./protocol_error.ts";

const APPEND_HEAD = `{"type":"input_audio_buffer.append","audio":"`;

/**
 * The base64 of a plain append event, or undefined when the message is anything else. Appends are nearly all that a
 * client sends, and the slice costs a tenth of a parse.
 */
export function plainAppend(text: string): string | undefined {
  if (!text.startsWith(APPEND_HEAD)) return undefined;
  const end = text.indexOf(`"`, APPEND_HEAD.length);
  return end === text.length - 2 && text.endsWith(`}`) ? text.slice(APPEND_HEAD.length, end) : undefined;
}

/** A message as far as it could be read: what there is of it is recorded even when it is refused. */
export interface ReadMessage {
  /** The `event_id` that an error about it repeats. */
  eventId: string | null;
  event?: EmulatedClientEvent;
  error?: ProtocolError;
}

/** Parses and checks a message. */
export function readMessage(text: string): ReadMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { eventId: null, error: new ProtocolError("invalid_event", "The message is not valid JSON.") };
  }
  const event = typeof value === "object" && value !== null ? value as EmulatedClientEvent : undefined;
  const eventId = typeof event?.event_id === "string" ? event.event_id : null;
  try {
    checkEmulatedClientEvent(value);
    return { eventId, event };
  } catch (error) {
    if (error instanceof ProtocolError) return { eventId, event, error };
    throw error;
  }
}
