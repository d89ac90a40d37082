import { headBytes, MASK_BYTES, MAX_HEAD_BYTES, OPCODE, sealFrame, type WebSocketSide } from "./frames.ts";

/** Room for a frame of 20 ms, were all of it text outside of ASCII. */
const FIRST_ROOM_BYTES = 2 * 1024;
/** A buffer that grew beyond this for a large message goes when it is written. */
const MAX_KEPT_BYTES = 64 * 1024;
/** In UTF-8 a code unit of a string takes so many bytes at most. */
const MAX_UNIT_BYTES = 3;

const encoder = new TextEncoder();

/**
 * What goes out on the connection of a WebSocket: frames are made in the place from which they are written,
 * and those of one turn of the event loop are written together. A load of hundreds of calls lives on that.
 *
 * It takes whatever it is given: its owner looks at {@link backlogBytes}, and knows what is too much.
 */
export class FrameWriter {
  readonly #conn: Pick<Deno.Conn, "write">;
  readonly #side: WebSocketSide;
  readonly #onBroken: () => void;
  #filling = new Uint8Array(FIRST_ROOM_BYTES);
  #length = 0;
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #leftBytes = 0;
  #draining: Promise<void> | undefined;
  #isCut = false;

  /** @param onBroken told once when the connection takes nothing any more */
  constructor(conn: Pick<Deno.Conn, "write">, side: WebSocketSide, onBroken: () => void = () => {}) {
    this.#conn = conn;
    this.#side = side;
    this.#onBroken = onBroken;
  }

  /** Bytes that the connection has not taken yet. */
  get backlogBytes(): number {
    return this.#length + this.#leftBytes;
  }

  /** Resolves when all that is there has been written, or never will be; undefined when nothing is there. */
  get drained(): Promise<void> | undefined {
    return this.#draining;
  }

  /** A text message. */
  text(text: string): void {
    if (this.#isCut) return;
    this.#reserve(MAX_HEAD_BYTES + MAX_UNIT_BYTES * text.length);
    const at = this.#length;
    const guess = headBytes(text.length, this.#side); // right for ASCII, as nearly all of it is
    const { written } = encoder.encodeInto(text, this.#filling.subarray(at + guess));
    const head = headBytes(written, this.#side);
    if (head !== guess) this.#filling.copyWithin(at + head, at + guess, at + guess + written);
    this.#seal(OPCODE.text, head, written);
  }

  /** Any other frame. */
  frame(opcode: number, payload: Uint8Array): void {
    if (this.#isCut) return;
    this.#reserve(MAX_HEAD_BYTES + payload.length);
    const head = headBytes(payload.length, this.#side);
    this.#filling.set(payload, this.#length + head);
    this.#seal(opcode, head, payload.length);
  }

  /** Forgets what is not written yet, and takes nothing more. */
  cut(): void {
    this.#isCut = true;
    this.#length = this.#leftBytes = 0;
    this.#filling = new Uint8Array(0);
    this.#spare = undefined;
  }

  #seal(opcode: number, head: number, payloadBytes: number): void {
    const mask = this.#side === "client" ? nextMask() : undefined;
    sealFrame(this.#filling, this.#length, opcode, payloadBytes, mask);
    this.#length += head + payloadBytes;
    this.#draining ??= this.#drain();
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#filling.length) return;
    const grown = new Uint8Array(Math.max(wanted, 2 * this.#filling.length));
    grown.set(this.#filling.subarray(0, this.#length));
    this.#filling = grown;
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // what is sent in the same turn of the event loop goes with it
    try {
      while (this.#length > 0) await this.#write(this.#takeFilled());
    } catch {
      this.cut();
      this.#onBroken();
    } finally {
      this.#draining = undefined;
    }
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#leftBytes = bytes.length;
    for (let at = 0; at < bytes.length && !this.#isCut;) {
      const count = await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
      at += count;
      this.#leftBytes = this.#isCut ? 0 : bytes.length - at;
    }
    // Nothing looks at these bytes any more: the next but one are made in their place.
    if (bytes.buffer.byteLength <= MAX_KEPT_BYTES) this.#spare = new Uint8Array(bytes.buffer);
  }

  #takeFilled(): Uint8Array<ArrayBuffer> {
    const filled = this.#filling.subarray(0, this.#length);
    this.#filling = this.#spare ?? new Uint8Array(FIRST_ROOM_BYTES);
    this.#spare = undefined;
    this.#length = 0;
    return filled;
  }
}

/** Masks must be random (RFC 6455 section 10.3), but need not be drawn one by one. */
const masks = new Uint8Array(256 * MASK_BYTES);
let nextMaskAt = masks.length;

function nextMask(): Uint8Array {
  if (nextMaskAt === masks.length) {
    crypto.getRandomValues(masks);
    nextMaskAt = 0;
  }
  return masks.subarray(nextMaskAt, nextMaskAt += MASK_BYTES);
}
