import { OPCODE, WebSocketProtocolError } from "../../twilio/web_socket_frames.ts";

/** A control frame carries at most so many bytes (RFC 6455 section 5.5). */
const MAX_CONTROL_BYTES = 125;
const FIRST_ROOM_BYTES = 4096;

/** A complete message or control frame of a client, unmasked. */
export interface Message {
  opcode: number;
  /** A view that is good until the reader is fed again. */
  payload: Uint8Array;
}

/** One unmasked, unfragmented frame, as a server sends it (RFC 6455 section 5.2). */
export function encodeServerFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 0x10000 ? 4 : 10;
  const frame = new Uint8Array(headBytes + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = headBytes === 2 ? length : headBytes === 4 ? 126 : 127;
  if (headBytes === 4) view.setUint16(2, length);
  if (headBytes === 10) view.setBigUint64(2, BigInt(length));
  frame.set(payload, headBytes);
  return frame;
}

/**
 * Cuts what a client sends into messages: unmasks frames, joins fragments. Holds at most one unfinished message of
 * the allowed size.
 */
export class MessageReader {
  readonly #maxBytes: number;
  #data = new Uint8Array(FIRST_ROOM_BYTES);
  #length = 0;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  #fragmentOpcode = 0;

  /** @param maxBytes the largest message, in bytes of payload */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes what was read and hands on what is complete by it.
   *
   * @throws {WebSocketProtocolError}
   */
  push(bytes: Uint8Array, onMessage: (message: Message) => void): void {
    this.#append(bytes);
    let at = 0;
    for (;;) {
      const size = this.#measure(at);
      if (!size || at + size.head + size.payload > this.#length) break;
      const payload = this.#data.subarray(at + size.head, at + size.head + size.payload);
      unmask(payload, this.#data.subarray(at + size.head - 4, at + size.head));
      const isFinal = (this.#data[at] & 0x80) !== 0;
      this.#frame(isFinal, this.#data[at] & 0x0f, payload, onMessage);
      at += size.head + size.payload;
    }
    this.#data.copyWithin(0, at, this.#length);
    this.#length -= at;
    if (this.#length === 0 && this.#data.length > 16 * FIRST_ROOM_BYTES) {
      this.#data = new Uint8Array(FIRST_ROOM_BYTES);
    }
  }

  #append(bytes: Uint8Array): void {
    const wanted = this.#length + bytes.length;
    if (wanted > this.#data.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#data.length));
      grown.set(this.#data.subarray(0, this.#length));
      this.#data = grown;
    }
    this.#data.set(bytes, this.#length);
    this.#length = wanted;
  }

  #measure(at: number): { head: number; payload: number } | undefined {
    const data = this.#data;
    if (this.#length - at < 2) return undefined;
    if ((data[at] & 0x70) !== 0) throw new WebSocketProtocolError(1002, "The client set a reserved bit.");
    if ((data[at + 1] & 0x80) === 0) {
      throw new WebSocketProtocolError(1002, "The client sent an unmasked frame.");
    }
    let payload = data[at + 1] & 0x7f;
    const isControl = (data[at] & 0x08) !== 0;
    if (isControl && (payload > MAX_CONTROL_BYTES || (data[at] & 0x80) === 0)) {
      throw new WebSocketProtocolError(
        1002,
        "The client sent a control frame that is too long or in pieces.",
      );
    }
    const head = payload === 126 ? 8 : payload === 127 ? 14 : 6;
    if (this.#length - at < head) return undefined;
    const view = new DataView(data.buffer);
    if (head === 8) payload = view.getUint16(at + 2);
    if (head === 14) payload = Number(view.getBigUint64(at + 2));
    if (payload + this.#fragmentBytes > this.#maxBytes) {
      throw new WebSocketProtocolError(1009, `A message has at most ${this.#maxBytes} bytes.`);
    }
    return { head, payload };
  }

  #frame(isFinal: boolean, opcode: number, payload: Uint8Array, onMessage: (message: Message) => void): void {
    if (opcode >= OPCODE.close) return onMessage({ opcode, payload });
    if ((opcode === OPCODE.continuation) !== (this.#fragments.length > 0)) {
      throw new WebSocketProtocolError(1002, "The client mixed up the pieces of a message.");
    }
    if (isFinal && this.#fragments.length === 0) return onMessage({ opcode, payload });
    if (this.#fragments.length === 0) this.#fragmentOpcode = opcode;
    this.#fragments.push(payload.slice());
    this.#fragmentBytes += payload.length;
    if (!isFinal) return;
    const whole = new Uint8Array(this.#fragmentBytes);
    let at = 0;
    for (const piece of this.#fragments) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#fragments = [];
    this.#fragmentBytes = 0;
    onMessage({ opcode: this.#fragmentOpcode, payload: whole });
  }
}

function unmask(payload: Uint8Array, mask: Uint8Array): void {
  const [a, b, c, d] = mask;
  const whole = payload.length & ~3;
  let i = 0;
  for (; i < whole; i += 4) {
    payload[i] ^= a;
    payload[i + 1] ^= b;
    payload[i + 2] ^= c;
    payload[i + 3] ^= d;
  }
  for (; i < payload.length; i++) payload[i] ^= mask[i & 3];
}
