import { AppError } from "../../util/errors.ts";

/**
 * RFC 6455 section 5.2. What a client sends is masked, what a server sends is not.
 *
 *      0               1               2               3
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| length (7)  | 126: 16-bit length            |
 *     |I|S|S|S|  (4)  |A|             | 127: 64-bit length            |
 *     |N|V|V|V|       |S|             | then a 4-byte mask, if M      |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A control frame carries at most so many bytes (section 5.5). */
const MAX_CONTROL_BYTES = 125;
/** What a reason of a close frame may have of them: the code takes two. */
const MAX_REASON_BYTES = MAX_CONTROL_BYTES - 2;
export const MASK_BYTES = 4;
const FIRST_ROOM_BYTES = 4096;

/** Whose frames they are. */
export type WebSocketSide = "client" | "server";

/** The peer broke the protocol. `closeCode` is what it is to be told. Code `websocket_protocol`. */
export class WebSocketProtocolError extends AppError {
  override readonly name = "WebSocketProtocolError";
  constructor(readonly closeCode: number, message: string) {
    super("websocket_protocol", message);
  }
}

/** A complete message or control frame, unmasked. */
export interface Message {
  opcode: number;
  /** A view that is good until the reader is fed again. */
  payload: Uint8Array;
}

/** Longest head of a frame, the mask included. */
export const MAX_HEAD_BYTES = 10 + MASK_BYTES;

/** Bytes before the payload, the mask included. */
export function headBytes(payloadBytes: number, sender: WebSocketSide): number {
  const lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 0x10000 ? 2 : 8;
  return 2 + lengthBytes + (sender === "client" ? MASK_BYTES : 0);
}

/**
 * Makes an unfragmented frame of a payload that lies in `target` already, {@link headBytes} behind `at`:
 * writes the head before it, and masks it where it lies.
 *
 * @param mask four random bytes of a client; a server has none
 */
export function sealFrame(
  target: Uint8Array,
  at: number,
  opcode: number,
  payloadBytes: number,
  mask?: Uint8Array,
): void {
  const maskBit = mask ? 0x80 : 0;
  target[at++] = 0x80 | opcode;
  if (payloadBytes < 126) {
    target[at++] = maskBit | payloadBytes;
  } else if (payloadBytes < 0x10000) {
    target[at++] = maskBit | 126;
    target[at++] = payloadBytes >> 8;
    target[at++] = payloadBytes & 0xff;
  } else {
    target[at++] = maskBit | 127;
    new DataView(target.buffer, target.byteOffset + at).setBigUint64(0, BigInt(payloadBytes));
    at += 8;
  }
  if (!mask) return;
  target.set(mask, at);
  applyMask(target, at + MASK_BYTES, payloadBytes, at);
}

/** What a close frame carries: its code, and as much of the reason as fits. */
export function closePayload(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, MAX_REASON_BYTES);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return payload;
}

/** The code and the reason of a close frame; 1005 where it has no code (section 7.1.5). */
export function readClose(payload: Uint8Array): { code: number; reason: string } {
  const code = payload.length >= 2 ? payload[0] << 8 | payload[1] : 1005;
  return { code, reason: new TextDecoder().decode(payload.subarray(2)) };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a message.
 *
 * @throws {WebSocketProtocolError} 1007, when it is not UTF-8
 */
export function messageText(payload: Uint8Array, sender: WebSocketSide): string {
  try {
    return decoder.decode(payload);
  } catch {
    throw new WebSocketProtocolError(1007, `The ${sender} sent text that is not UTF-8.`);
  }
}

/**
 * Cuts what one side sends into messages: unmasks frames, joins fragments. Holds at most one unfinished
 * message of the allowed size.
 */
export class MessageReader {
  readonly #peer: WebSocketSide;
  readonly #maskBytes: number;
  readonly #maxBytes: number;
  #data = new Uint8Array(FIRST_ROOM_BYTES);
  #length = 0;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  #fragmentOpcode = 0;

  /**
   * @param peer whose frames are read: those of a client must be masked, those of a server must not
   * @param maxBytes the largest message, in bytes of payload
   */
  constructor(peer: WebSocketSide, maxBytes: number) {
    this.#peer = peer;
    this.#maskBytes = peer === "client" ? MASK_BYTES : 0;
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
      const start = at + size.head;
      if (this.#maskBytes > 0) applyMask(this.#data, start, size.payload, start - MASK_BYTES);
      const payload = this.#data.subarray(start, start + size.payload);
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
    if ((data[at] & 0x70) !== 0) throw this.#broken("set a reserved bit");
    if (((data[at + 1] & 0x80) !== 0) !== this.#maskBytes > 0) {
      throw this.#broken(this.#maskBytes > 0 ? "sent an unmasked frame" : "masked a frame");
    }
    let payload = data[at + 1] & 0x7f;
    const isControl = (data[at] & 0x08) !== 0;
    if (isControl && (payload > MAX_CONTROL_BYTES || (data[at] & 0x80) === 0)) {
      throw this.#broken("sent a control frame that is too long or in pieces");
    }
    const lengthBytes = payload === 126 ? 2 : payload === 127 ? 8 : 0;
    const head = 2 + lengthBytes + this.#maskBytes;
    if (this.#length - at < head) return undefined;
    if (lengthBytes === 2) payload = data[at + 2] << 8 | data[at + 3];
    if (lengthBytes === 8) payload = Number(new DataView(data.buffer).getBigUint64(at + 2));
    if (!isControl && payload + this.#fragmentBytes > this.#maxBytes) {
      throw new WebSocketProtocolError(1009, `A message has at most ${this.#maxBytes} bytes.`);
    }
    return { head, payload };
  }

  #frame(isFinal: boolean, opcode: number, payload: Uint8Array, onMessage: (message: Message) => void): void {
    if (opcode >= OPCODE.close) return onMessage({ opcode, payload });
    if ((opcode === OPCODE.continuation) !== (this.#fragments.length > 0)) {
      throw this.#broken("mixed up the pieces of a message");
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

  #broken(what: string): WebSocketProtocolError {
    return new WebSocketProtocolError(1002, `The ${this.#peer} ${what}.`);
  }
}

/**
 * Masks and unmasks `length` bytes of `data` from `at` on, in place, by the four bytes at `maskAt`. By words,
 * since a load's model unmasks megabytes a second; the platforms that Deno runs on are little-endian.
 */
function applyMask(data: Uint8Array, at: number, length: number, maskAt: number): void {
  const start = data.byteOffset + at;
  const lead = Math.min(length, -start & 3);
  for (let i = 0; i < lead; i++) data[at + i] ^= data[maskAt + i];
  const count = (length - lead) >> 2;
  if (count > 0) {
    const word = data[maskAt + (lead & 3)] | data[maskAt + (lead + 1 & 3)] << 8 |
      data[maskAt + (lead + 2 & 3)] << 16 | data[maskAt + (lead + 3 & 3)] << 24;
    const words = new Int32Array(data.buffer, start + lead, count);
    for (let i = 0; i < count; i++) words[i] ^= word;
  }
  for (let i = lead + 4 * count; i < length; i++) data[at + i] ^= data[maskAt + (i & 3)];
}
