/**
 * Finds the payload in a `media` message. Fifty of them arrive each second of each call, and nearly all have
 * one shape:
 *
 *   {"event":"media","sequenceNumber":"N","media":{"track":"inbound","chunk":"N","timestamp":"N",
 *   "payload":"…"},"streamSid":"MZ…"}
 *
 * Checking every character of that shape costs an eighth of `JSON.parse`. Anything that differs in the least
 * (other key order, spaces, escapes) is left to the full parser. Only finds the payload: the uplink's `write`
 * decodes it, in place.
 */
export class MediaScan {
  /** Where the payload's base64 starts in the text of the last message that matched. */
  payloadStart = 0;
  /** Where it ends (exclusive). */
  payloadEnd = 0;
  /** The message's `timestamp` in milliseconds. */
  timestampMs = 0;
  /** The message's `sequenceNumber`. */
  sequence = 0;

  readonly #tail: string;
  #position = 0;
  #number = 0;

  /** @param streamSid the stream whose messages match; those of any other do not */
  constructor(streamSid: string) {
    this.#tail = `"},"streamSid":${JSON.stringify(streamSid)}}`;
  }

  /** True when `text` is a `media` message of the usual shape; its fields are then in this object. */
  matches(text: string): boolean {
    this.#position = 0;
    if (!this.#literal(text, `{"event":"media","sequenceNumber":"`) || !this.#digits(text)) return false;
    this.sequence = this.#number;
    if (!this.#literal(text, `","media":{"track":"inbound","chunk":"`) || !this.#digits(text)) return false;
    if (!this.#literal(text, `","timestamp":"`) || !this.#digits(text)) return false;
    this.timestampMs = this.#number;
    if (!this.#literal(text, `","payload":"`)) return false;
    this.payloadStart = this.#position;
    // The decoder checks the payload's own characters. Here it must only end where the tail begins, and hold
    // no escape: base64 has slashes, which some JSON writers escape.
    this.payloadEnd = text.length - this.#tail.length;
    return this.payloadEnd >= this.payloadStart && text.endsWith(this.#tail) &&
      text.indexOf(`"`, this.payloadStart) === this.payloadEnd &&
      text.indexOf("\\", this.payloadStart) < 0;
  }

  #literal(text: string, literal: string): boolean {
    if (!text.startsWith(literal, this.#position)) return false;
    this.#position += literal.length;
    return true;
  }

  /** Reads 1 to 15 digits, which a double holds exactly. */
  #digits(text: string): boolean {
    const start = this.#position;
    let value = 0;
    for (let digit = text.charCodeAt(start) - 48; digit >= 0 && digit <= 9;) {
      value = value * 10 + digit;
      digit = text.charCodeAt(++this.#position) - 48;
    }
    this.#number = value;
    return this.#position > start && this.#position - start <= 15;
  }
}

/** Bytes that the base64 in `text` from `start` to `end` decodes to, judged by length and padding alone. */
export function base64ByteLength(text: string, start: number, end: number): number {
  let length = end - start;
  while (length > 0 && text.charCodeAt(start + length - 1) === 61 /* = */) length--;
  return (length * 3) >> 2;
}
