import { AppError } from "../../util/errors.ts";

/**
 * RFC 6455 section 5.2, as a client sees it: what it sends is masked, what it gets is not.
 *
 *      0               1               2               3
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| length (7)  | 126: 16-bit length            |
 *     |I|S|S|S|  (4)  |A|             | 127: 64-bit length            |
 *     |N|V|V|V|       |S|             | then a 4-byte mask, if M      |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A control frame carries at most so much (section 5.5). */
const MAX_CONTROL_BYTES = 125;

/** The peer broke the protocol. `closeCode` is what it is to be told. Code `websocket_protocol`. */
export class WebSocketProtocolError extends AppError {
  override readonly name = "WebSocketProtocolError";
  constructor(readonly closeCode: number, message: string) {
    super("websocket_protocol", message);
  }
}

export interface Frame {
  isFinal: boolean;
  opcode: number;
  payload: Uint8Array;
}

/** One masked, unfragmented frame. `mask` is four random bytes. */
export function encodeFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = payload.length;
  const headBytes = length < 126 ? 2 : length < 0x10000 ? 4 : 10;
  const frame = new Uint8Array(headBytes + 4 + length);
  frame[0] = 0x80 | opcode;
  const view = new DataView(frame.buffer);
  if (headBytes === 2) {
    frame[1] = 0x80 | length;
  } else if (headBytes === 4) {
    frame[1] = 0x80 | 126;
    view.setUint16(2, length);
  } else {
    frame[1] = 0x80 | 127;
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(mask, headBytes);
  for (let i = 0, at = headBytes + 4; i < length; i++, at++) frame[at] = payload[i] ^ mask[i & 3];
  return frame;
}

/** Cuts a byte stream into frames. Holds at most one unfinished frame of the allowed size. */
export class FrameReader {
  readonly #maxPayloadBytes: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * Takes what was read and returns the frames that are complete by it. Their payloads are views of `bytes`, so they
   * are good until the reader's buffer is used again.
   *
   * @throws {WebSocketProtocolError}
   */
  push(bytes: Uint8Array): Frame[] {
    const data = this.#rest.length === 0 ? bytes : concat(this.#rest, bytes);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const size = this.#measure(data, at);
      if (size === undefined || at + size.total > data.length) break;
      frames.push({
        isFinal: (data[at] & 0x80) !== 0,
        opcode: data[at] & 0x0f,
        payload: data.subarray(at + size.head, at + size.total),
      });
      at += size.total;
    }
    this.#rest = data.slice(at);
    return frames;
  }

  /** The size of the frame at `at`, or undefined while its head is not all there. */
  #measure(data: Uint8Array, at: number): { head: number; total: number } | undefined {
    if (data.length - at < 2) return undefined;
    const isControl = (data[at] & 0x08) !== 0;
    if ((data[at] & 0x70) !== 0) throw new WebSocketProtocolError(1002, "The server set a reserved bit.");
    if ((data[at + 1] & 0x80) !== 0) throw new WebSocketProtocolError(1002, "The server masked a frame.");
    let length = data[at + 1] & 0x7f;
    if (isControl && (length > MAX_CONTROL_BYTES || (data[at] & 0x80) === 0)) {
      throw new WebSocketProtocolError(
        1002,
        "The server sent a control frame that is too long or in pieces.",
      );
    }
    const head = length === 126 ? 4 : length === 127 ? 10 : 2;
    if (data.length - at < head) return undefined;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (head === 4) length = view.getUint16(at + 2);
    if (head === 10) length = Number(view.getBigUint64(at + 2));
    if (length > this.#maxPayloadBytes) {
      throw new WebSocketProtocolError(1009, `The server sent a frame of ${length} bytes.`);
    }
    return { head, total: head + length };
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
