import { isObject } from "../../util/is_object.ts";

/**
 * The messages of Twilio Media Streams over a bidirectional `<Connect><Stream>`. All are JSON in text frames.
 * Counters and timestamps are strings on the wire. Source: Twilio docs "Media Streams – WebSocket Messages".
 */

/** What arrives from Twilio. Unknown fields and unknown events are tolerated, as Twilio asks. */
export type InboundMessage =
  | ConnectedMessage
  | StartMessage
  | MediaMessage
  | DtmfMessage
  | MarkMessage
  | StopMessage;

export interface ConnectedMessage {
  event: "connected";
}

export interface StartMessage {
  event: "start";
  streamSid: string;
  start: StreamStart;
}

/** The body of `start`: which call the stream belongs to, and each `<Parameter>` of the TwiML. */
export interface StreamStart {
  accountSid: string;
  streamSid: string;
  callSid: string;
  customParameters: Record<string, string>;
}

/** Caller audio: `payload` is base64 of raw mu-law at 8 kHz; `timestamp` is milliseconds since the stream began. */
export interface MediaMessage {
  event: "media";
  streamSid: string;
  media: { timestamp: string; payload: string };
}

/** One key press. */
export interface DtmfMessage {
  event: "dtmf";
  streamSid: string;
  dtmf: { digit: string };
}

/** The echo of one of our marks: its audio was played, or was cleared. */
export interface MarkMessage {
  event: "mark";
  streamSid: string;
  mark: { name: string };
}

/** The stream ended; the socket closes next. */
export interface StopMessage {
  event: "stop";
  streamSid: string;
}

/** The only encoding that Media Streams has: mu-law, mono. */
const STREAM_ENCODING = "audio/x-mulaw";
/** Samples a second of a stream; a mu-law sample is one byte. */
const STREAM_SAMPLE_RATE_HZ = 8000;
/** Bytes of mu-law in one millisecond. */
export const MULAW_BYTES_PER_MS = STREAM_SAMPLE_RATE_HZ / 1000;

const STREAM_SID = /^MZ[0-9a-f]{32}$/i;
const CALL_SID = /^CA[0-9a-f]{32}$/i;

/**
 * Parses a message in full. Returns undefined for an event that this program does not know, and throws
 * `SyntaxError` for text that is not JSON or lacks what its event must have.
 */
export function parseInbound(text: string): InboundMessage | undefined {
  const message = JSON.parse(text);
  if (!isObject(message)) throw new SyntaxError(`A stream message is a JSON object, not ${typeof message}.`);
  switch (message.event) {
    case "connected":
      return { event: "connected" };
    case "start":
      return { event: "start", streamSid: stringOf(message, "streamSid"), start: startOf(message.start) };
    case "media": {
      const media = recordOf(message, "media");
      return {
        event: "media",
        streamSid: stringOf(message, "streamSid"),
        media: { timestamp: stringOf(media, "timestamp"), payload: stringOf(media, "payload") },
      };
    }
    case "dtmf":
      return {
        event: "dtmf",
        streamSid: stringOf(message, "streamSid"),
        dtmf: { digit: stringOf(recordOf(message, "dtmf"), "digit") },
      };
    case "mark":
      return {
        event: "mark",
        streamSid: stringOf(message, "streamSid"),
        mark: { name: stringOf(recordOf(message, "mark"), "name") },
      };
    case "stop":
      return { event: "stop", streamSid: stringOf(message, "streamSid") };
    default:
      return undefined;
  }
}

function startOf(value: unknown): StreamStart {
  if (!isObject(value)) throw new SyntaxError(`"start" must be an object.`);
  const format = recordOf(value, "mediaFormat");
  if (
    format.encoding !== STREAM_ENCODING || format.sampleRate !== STREAM_SAMPLE_RATE_HZ ||
    format.channels !== 1
  ) {
    throw new SyntaxError(`The media format must be mono ${STREAM_ENCODING} at ${STREAM_SAMPLE_RATE_HZ} Hz.`);
  }
  const parameters: Record<string, string> = {};
  // Twilio's docs do not say whether the object is there when the TwiML had no <Parameter>.
  for (const [name, parameter] of Object.entries(value.customParameters ?? {})) {
    parameters[name] = String(parameter);
  }
  return {
    accountSid: stringOf(value, "accountSid"),
    streamSid: sidOf(value, "streamSid", STREAM_SID),
    callSid: sidOf(value, "callSid", CALL_SID),
    customParameters: parameters,
  };
}

function recordOf(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = parent[name];
  if (!isObject(value)) throw new SyntaxError(`"${name}" must be an object.`);
  return value;
}

function stringOf(parent: Record<string, unknown>, name: string): string {
  const value = parent[name];
  if (typeof value !== "string") throw new SyntaxError(`"${name}" must be a string.`);
  return value;
}

function sidOf(parent: Record<string, unknown>, name: string, pattern: RegExp): string {
  const value = stringOf(parent, name);
  if (!pattern.test(value)) throw new SyntaxError(`"${name}" is not a SID of the right kind.`);
  return value;
}

/**
 * The three messages that Twilio accepts from us. Anything else, or a field more or less, is warning 31951 and is
 * dropped by Twilio without effect. Source: Twilio docs "Media Streams – WebSocket Messages", error 31951.
 */
export class OutboundMessages {
  readonly #mediaHead: string;
  readonly #markHead: string;
  /** Empties Twilio's buffer and makes it echo every outstanding mark. */
  readonly clear: string;

  /** @param streamSid from `start`; nothing may be sent before it is known */
  constructor(streamSid: string) {
    const sid = JSON.stringify(streamSid);
    this.#mediaHead = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.#markHead = `{"event":"mark","streamSid":${sid},"mark":{"name":"`;
    this.clear = `{"event":"clear","streamSid":${sid}}`;
  }

  /** @param payload base64 of raw mu-law, without any header */
  media(payload: string): string {
    return this.#mediaHead + payload + `"}}`;
  }

  /** @param name ASCII letters, digits and `:` only, so that it needs no escaping */
  mark(name: string): string {
    return this.#markHead + name + `"}}`;
  }
}
