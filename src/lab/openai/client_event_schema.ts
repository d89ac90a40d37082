import {
  anyObject,
  arrayField,
  type Check,
  type Fields,
  integerField,
  invalidValue,
  nullable,
  objectField,
  oneOfField,
  stringField,
  tagged,
} from "./checks.ts";
import { ProtocolError } from "./protocol_error.ts";
import { GENERATION_FIELDS, OUTPUT_AUDIO_FIELDS, SESSION_FIELD } from "./session_schema.ts";
import { isObject } from "../../util/is_object.ts";

const ID_CHARS = 512;
const id = stringField(ID_CHARS);
/** A client may name its items, in so many characters. */
const newItemId = stringField(32);
const ignoredByServer = stringField();

const message: Check = (value, path) => {
  const role = (value as { role?: unknown }).role;
  const content = Object.hasOwn(CONTENT, String(role)) ? CONTENT[role as keyof typeof CONTENT] : anyObject;
  objectField({
    ...ITEM_FIELDS,
    type: oneOfField("message"),
    role: oneOfField("system", "user", "assistant"),
    content: arrayField(content),
  }, ["role", "content"])(value, path);
};

const ITEM_FIELDS: Fields = {
  id: newItemId,
  object: oneOfField("realtime.item"),
  status: oneOfField("completed", "incomplete", "in_progress"),
};

const CONTENT = {
  system: tagged("type", { input_text: { fields: { text: stringField() }, required: ["text"] } }),
  user: tagged("type", {
    input_text: { fields: { text: stringField() }, required: ["text"] },
    input_audio: {
      fields: { audio: stringField(), transcript: nullable(stringField()) },
      required: ["audio"],
    },
    input_image: { fields: { image_url: stringField(), detail: stringField() }, required: ["image_url"] },
  }),
  // audio of the assistant cannot be created, only generated
  assistant: tagged("type", { output_text: { fields: { text: stringField() }, required: ["text"] } }),
};

const otherItem = tagged("type", {
  function_call: {
    fields: { ...ITEM_FIELDS, name: stringField(), arguments: stringField(), call_id: id },
    required: ["name", "arguments"],
  },
  function_call_output: {
    fields: { ...ITEM_FIELDS, call_id: id, output: stringField() },
    required: ["call_id", "output"],
  },
  mcp_approval_response: {
    fields: { id, approval_request_id: id, approve: anyValue, reason: nullable(stringField()) },
    required: ["approval_request_id", "approve"],
  },
});

const item: Check = (value, path) => {
  if ((value as { type?: unknown } | null)?.type === "message") message(value, path);
  else otherItem(value, path);
};

const inputItem: Check = (value, path) => {
  const isReference = (value as { type?: unknown } | null)?.type === "item_reference";
  (isReference ? objectField({ type: ignoredByServer, id }, ["id"]) : item)(value, path);
};

/** At most 16 pairs, keys up to 64 characters, values up to 512. */
const metadata: Check = (value, path) => {
  anyObject(value, path);
  const pairs = Object.entries(value as Record<string, unknown>);
  if (pairs.length > 16) throw invalidValue(path, "expected at most 16 pairs.");
  for (const [key, text] of pairs) {
    if (key.length > 64) throw invalidValue(path, "expected keys of at most 64 characters.");
    stringField(512)(text, `${path}.${key}`);
  }
};

const response = objectField({
  ...GENERATION_FIELDS,
  audio: objectField({ output: objectField(OUTPUT_AUDIO_FIELDS) }),
  conversation: oneOfField("auto", "none"),
  input: arrayField(inputItem),
  metadata: nullable(metadata),
});

const EVENTS: Record<string, { fields: Fields; required: readonly string[] }> = {
  "session.update": { fields: { session: SESSION_FIELD }, required: ["session"] },
  "input_audio_buffer.append": { fields: { audio: stringField() }, required: ["audio"] },
  "input_audio_buffer.commit": { fields: {}, required: [] },
  "input_audio_buffer.clear": { fields: {}, required: [] },
  "conversation.item.create": {
    fields: { item, previous_item_id: nullable(id) },
    required: ["item"],
  },
  "conversation.item.retrieve": { fields: { item_id: id }, required: ["item_id"] },
  "conversation.item.truncate": {
    fields: { item_id: id, content_index: integerField(0, 0), audio_end_ms: integerField(0, Infinity) },
    required: ["item_id", "content_index", "audio_end_ms"],
  },
  "conversation.item.delete": { fields: { item_id: id }, required: ["item_id"] },
  "response.create": { fields: { response }, required: [] },
  "response.cancel": { fields: { response_id: id }, required: [] },
};

/** A client event that passed the checks. */
export interface EmulatedClientEvent {
  /** One of the API's. */
  type: string;
  /** As the client chose it. */
  event_id?: string;
  /** Every other field. */
  [field: string]: unknown;
}

/**
 * Checks a parsed message.
 *
 * @throws {ProtocolError} `invalid_event` for what is no event, `invalid_value` for one that this API does
 * not know
 */
function checkEmulatedClientEvent(value: unknown): asserts value is EmulatedClientEvent {
  if (!isObject(value)) {
    throw new ProtocolError("invalid_event", "An event must be a JSON object.");
  }
  const { type } = value;
  if (type === undefined) {
    throw new ProtocolError("invalid_event", "The 'type' field is missing.", "type");
  }
  if (typeof type !== "string" || !Object.hasOwn(EVENTS, type)) {
    const supported = Object.keys(EVENTS).map((name) => `'${name}'`).join(", ");
    throw new ProtocolError(
      "invalid_value",
      `Invalid value: '${String(type)}'. Supported values are: ${supported}.`,
      "type",
    );
  }
  const { fields, required } = EVENTS[type];
  objectField({ ...fields, type: ignoredByServer, event_id: id }, required)(value, "");
}

function anyValue(): void {}

const APPEND_HEAD = /^\{"type":"input_audio_buffer\.append", *"audio":"/;

/**
 * The base64 of a plain append event, or undefined when the message is anything else. Appends are nearly all
 * that a client sends, and the slice costs a tenth of a parse.
 */
export function plainAppend(text: string): string | undefined {
  const start = APPEND_HEAD.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const end = text.indexOf(`"`, start);
  return end === text.length - 2 && text.endsWith(`}`) ? text.slice(start, end) : undefined;
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
    return { eventId: null, error: new ProtocolError("invalid_json", "The message is not valid JSON.") };
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
