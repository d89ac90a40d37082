import { isObject } from "../../util/is_object.ts";

/*
 * The messages of Twilio Media Streams over a bidirectional `<Connect><Stream>`. All are JSON in text frames;
 * counters and timestamps are strings on the wire. Source:
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */

/** What arrives from Twilio. Unknown fields and unknown events are tolerated, as Twilio asks. */
export type InboundMessage =
  | { event: "connected" }
  | { event: "start"; streamSid: string; start: StreamStart }
  /**
   * Caller audio: `payload` is base64 of raw mu-law at 8 kHz; `timestamp` is milliseconds since the stream
   * began. `sequence` is NaN when there is none.
   */
  | { event: "media"; streamSid: string; sequence: number; media: { timestamp: string; payload: string } }
  /** One key press. */
  | { event: "dtmf"; streamSid: string; dtmf: { digit: string } }
  /** The echo of one of our marks: its audio was played, or was cleared. */
  | { event: "mark"; streamSid: string; mark: { name: string } }
  /** The stream ended; the socket closes next. */
  | { event: "stop"; streamSid: string };

/** The body of `start`: which call the stream belongs to. */
export interface StreamStart {
  accountSid: string;
  streamSid: string;
  callSid: string;
}

/** The only encoding that Media Streams has: mu-law, mono. */
const STREAM_ENCODING = "audio/x-mulaw";
/** Samples a second of a stream; a mu-law sample is one byte. */
const STREAM_SAMPLE_RATE_HZ = 8000;
/** Bytes of mu-law in one millisecond. */
export const MULAW_BYTES_PER_MS = STREAM_SAMPLE_RATE_HZ / 1000;

const STREAM_SID = /^MZ[0-9a-f]{32}$/i;
const CALL_SID = /^CA[0-9a-f]{32}$/i;
const ACCOUNT_SID = /^AC[0-9a-f]{32}$/i;
/** What a telephone can send; Twilio documents the first twelve. */
const KEY_PRESSED = /^[0-9*#A-D]$/;

/**
 * Parses a message in full. Returns undefined for an event that this program does not know, and for the track
 * that the caller hears: the model would take its own voice for the caller's.
 * @throws {SyntaxError} for text that is not JSON or lacks what its event must have
 */
export function parseInbound(text: string): InboundMessage | undefined {
  const message = JSON.parse(text);
  if (!isObject(message)) throw new SyntaxError(`A stream message is a JSON object, not ${typeof message}.`);
  switch (message.event) {
    case "connected":
      return { event: "connected" };
    case "start":
      return { event: "start", streamSid: readString(message, "streamSid"), start: readStart(message.start) };
    case "media": {
      const media = readObject(message, "media");
      if (media.track === "outbound") return undefined;
      return {
        event: "media",
        streamSid: readString(message, "streamSid"),
        sequence: Number(message.sequenceNumber ?? NaN),
        media: { timestamp: readString(media, "timestamp"), payload: readString(media, "payload") },
      };
    }
    case "dtmf":
      return {
        event: "dtmf",
        streamSid: readString(message, "streamSid"),
        dtmf: { digit: readMatching(readObject(message, "dtmf"), "digit", KEY_PRESSED) },
      };
    case "mark":
      return {
        event: "mark",
        streamSid: readString(message, "streamSid"),
        mark: { name: readString(readObject(message, "mark"), "name") },
      };
    case "stop":
      return { event: "stop", streamSid: readString(message, "streamSid") };
    default:
      return undefined;
  }
}

function readStart(value: unknown): StreamStart {
  if (!isObject(value)) throw new SyntaxError(`"start" must be an object.`);
  const format = readObject(value, "mediaFormat");
  if (
    format.encoding !== STREAM_ENCODING || Number(format.sampleRate) !== STREAM_SAMPLE_RATE_HZ ||
    Number(format.channels) !== 1
  ) {
    throw new SyntaxError(`The media format must be mono ${STREAM_ENCODING} at ${STREAM_SAMPLE_RATE_HZ} Hz.`);
  }
  return {
    accountSid: readMatching(value, "accountSid", ACCOUNT_SID),
    streamSid: readMatching(value, "streamSid", STREAM_SID),
    callSid: readMatching(value, "callSid", CALL_SID),
  };
}

function readObject(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = parent[name];
  if (!isObject(value)) throw new SyntaxError(`"${name}" must be an object.`);
  return value;
}

/** A number counts as the string of it: not every bridge that speaks this protocol types as Twilio does. */
function readString(parent: Record<string, unknown>, name: string): string {
  const value = parent[name];
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") throw new SyntaxError(`"${name}" must be a string.`);
  return value;
}

function readMatching(parent: Record<string, unknown>, name: string, pattern: RegExp): string {
  const value = readString(parent, name);
  if (!pattern.test(value)) throw new SyntaxError(`"${name}" is not of the form that Twilio documents.`);
  return value;
}

/**
 * Makes the three messages that Twilio accepts from us. It drops any other, and one with a field more or
 * less, with warning
 * 31951. Source: https://www.twilio.com/docs/api/errors/31951
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
