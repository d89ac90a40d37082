import { decodeBase64 } from "../../audio/base64.ts";
import { isObject } from "../../util/is_object.ts";

/**
 * The messages of Media Streams as Twilio writes and reads them. This is the other end of the wire, so it
 * shares no message code with the server: a mistake in one would otherwise hide a mistake in the other.
 * Source: Twilio docs "Media Streams – WebSocket Messages" and the error dictionary (31950, 31951).
 */

export interface StreamIdentity {
  accountSid: string;
  callSid: string;
  streamSid: string;
}

export function connectedMessage(): string {
  return JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });
}

/** `start`; its sequence number is always 1. */
export function startMessage(identity: StreamIdentity, customParameters: Record<string, string>): string {
  const { accountSid, callSid, streamSid } = identity;
  return JSON.stringify({
    event: "start",
    sequenceNumber: "1",
    start: {
      accountSid,
      streamSid,
      callSid,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters,
    },
    streamSid,
  });
}

/**
 * `media` with 20 ms of caller audio. `payload` is base64; `timestampMs` counts from the start of the stream.
 */
export function mediaMessage(
  sequence: number,
  chunk: number,
  timestampMs: number,
  payload: string,
  streamSid: string,
): string {
  return `{"event":"media","sequenceNumber":"${sequence}","media":{"track":"inbound","chunk":"${chunk}",` +
    `"timestamp":"${timestampMs}","payload":"${payload}"},"streamSid":"${streamSid}"}`;
}

export function dtmfMessage(sequence: number, digit: string, streamSid: string): string {
  return JSON.stringify({
    event: "dtmf",
    streamSid,
    sequenceNumber: String(sequence),
    dtmf: { track: "inbound_track", digit },
  });
}

export function markMessage(sequence: number, name: string, streamSid: string): string {
  return JSON.stringify({ event: "mark", sequenceNumber: String(sequence), streamSid, mark: { name } });
}

export function stopMessage(sequence: number, identity: StreamIdentity): string {
  const { accountSid, callSid, streamSid } = identity;
  return JSON.stringify({
    event: "stop",
    sequenceNumber: String(sequence),
    stop: { accountSid, callSid },
    streamSid,
  });
}

/** What a server may send. */
export type ServerMessage =
  /** `audio` is good until the next message is read. */
  | { event: "media"; audio: Uint8Array }
  | { event: "mark"; name: string }
  | { event: "clear" };

/** A message that Twilio would not accept, in the words of a warning. */
export class InvalidMessage {
  constructor(readonly reason: string) {}
}

/**
 * Reads a message of the server's as strictly as Twilio: known events only, exact fields, the right stream.
 */
export function readServerMessage(text: string, streamSid: string): ServerMessage | InvalidMessage {
  const payload = plainPayload(text, streamSid);
  if (payload !== undefined) return readPayload(payload);
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return new InvalidMessage("The message is not JSON.");
  }
  if (!isObject(message)) return new InvalidMessage("The message is not a JSON object.");
  if (message.streamSid !== streamSid) {
    return new InvalidMessage(`The streamSid is ${JSON.stringify(message.streamSid)}, not "${streamSid}".`);
  }
  switch (message.event) {
    case "media":
      return hasExactly(message, ["event", "streamSid", "media"]) ?? readMedia(message.media);
    case "mark":
      return hasExactly(message, ["event", "streamSid", "mark"]) ?? readMark(message.mark);
    case "clear":
      return hasExactly(message, ["event", "streamSid"]) ?? { event: "clear" };
    default:
      return new InvalidMessage(`The event ${JSON.stringify(message.event)} is not media, mark or clear.`);
  }
}

const MEDIA_HEAD = `{"event":"media","streamSid":"`;
const MEDIA_MIDDLE = `","media":{"payload":"`;
const MEDIA_TAIL = `"}}`;

/**
 * The payload of a media message as servers commonly write it; undefined for any other message, whose JSON is
 * then parsed. Nearly all messages are media, and a load of hundreds of calls has no time to parse them.
 */
function plainPayload(text: string, streamSid: string): string | undefined {
  const middle = MEDIA_HEAD.length + streamSid.length;
  const isPlain = text.endsWith(MEDIA_TAIL) && text.startsWith(MEDIA_HEAD) &&
    text.startsWith(streamSid, MEDIA_HEAD.length) && text.startsWith(MEDIA_MIDDLE, middle);
  if (!isPlain) return undefined;
  const payload = text.slice(middle + MEDIA_MIDDLE.length, -MEDIA_TAIL.length);
  // in base64 there is neither: what has one is JSON of another form
  return payload.includes(`"`) || payload.includes("\\") ? undefined : payload;
}

function readMedia(media: unknown): ServerMessage | InvalidMessage {
  if (!isObject(media)) return new InvalidMessage(`"media" is not an object.`);
  const wrong = hasExactly(media, ["payload"]);
  if (wrong) return wrong;
  return readPayload(typeof media.payload === "string" ? media.payload : "");
}

function readPayload(payload: string): ServerMessage | InvalidMessage {
  const audio = decodePayload(payload);
  if (!audio || audio.length === 0) {
    return new InvalidMessage(`"payload" is not base64 of at least one byte.`);
  }
  // "RIFF" in mu-law would be an odd sound; as the head of a file it is the commonest mistake with Media
  // Streams.
  if (audio[0] === 0x52 && audio[1] === 0x49 && audio[2] === 0x46 && audio[3] === 0x46) {
    return new InvalidMessage(`"payload" begins with the header of a WAV file.`);
  }
  return { event: "media", audio };
}

function readMark(mark: unknown): ServerMessage | InvalidMessage {
  if (!isObject(mark)) return new InvalidMessage(`"mark" is not an object.`);
  const wrong = hasExactly(mark, ["name"]);
  if (wrong) return wrong;
  if (typeof mark.name !== "string") return new InvalidMessage(`"name" of the mark is not a string.`);
  return { event: "mark", name: mark.name };
}

function hasExactly(record: Record<string, unknown>, names: string[]): InvalidMessage | undefined {
  const extra = Object.keys(record).find((name) => !names.includes(name));
  if (extra !== undefined) return new InvalidMessage(`The field "${extra}" is not expected.`);
  const missing = names.find((name) => !(name in record));
  return missing === undefined ? undefined : new InvalidMessage(`The field "${missing}" is missing.`);
}

/** Audio is decoded here; whoever hears it takes what it keeps of it. */
let decoded = new Uint8Array(1024);

function decodePayload(text: string): Uint8Array | undefined {
  const room = Math.ceil(text.length / 4) * 3;
  if (decoded.length < room) decoded = new Uint8Array(room);
  try {
    return decoded.subarray(0, decodeBase64(text, 0, text.length, decoded));
  } catch {
    return undefined; // not base64
  }
}
