import { BlockQueue } from "../../audio/block_queue.ts";

/** What a {@link PlaybackBuffer} may hold, in bytes. */
export interface PlaybackBufferOptions {
  /** Sent and waiting audio together. What exceeds it drops the oldest. */
  maxBytes: number;
  /** Sent audio, which may have to be sent again. 0 keeps none. */
  maxSentBytes: number;
}

/**
 * The audio of a playback, oldest first: what was sent and may have to be sent again, and behind it what
 * waits. Positions count bytes like those of the ledger: since the last {@link clear} or {@link rewind}.
 */
export class PlaybackBuffer {
  readonly #queue: BlockQueue;
  readonly #maxSentBytes: number;
  /** The first bytes of the queue, which were sent already; and the position of the very first. */
  #sent = 0;
  #from = 0;

  constructor({ maxBytes, maxSentBytes }: PlaybackBufferOptions) {
    this.#queue = new BlockQueue(maxBytes);
    this.#maxSentBytes = maxSentBytes;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#queue.length - this.#sent;
  }

  /** Position of the oldest byte that is still here. */
  get fromPosition(): number {
    return this.#from;
  }

  /** Bytes allocated now. */
  get capacityBytes(): number {
    return this.#queue.capacity;
  }

  /** Audio that is to wait. */
  write(muLaw: Uint8Array): void {
    this.#forget(this.#queue.write(muLaw));
  }

  /** Audio that was sent without having waited. Nothing may wait. */
  writeSent(muLaw: Uint8Array): void {
    if (this.#maxSentBytes === 0) return void (this.#from += muLaw.length);
    this.#forget(this.#queue.write(muLaw));
    this.sent(muLaw.length);
  }

  /** Copies the oldest waiting bytes to `target`, as many as it can hold. Returns how many. */
  peek(target: Uint8Array): number {
    return this.#queue.peek(target, this.#sent);
  }

  /** Copies what is from `position` on to `target`, sent or not. Returns how many bytes. */
  peekAt(position: number, target: Uint8Array): number {
    return position < this.#from ? 0 : this.#queue.peek(target, position - this.#from);
  }

  /** The oldest `bytes` of what waited were sent. */
  sent(bytes: number): void {
    this.#sent += bytes;
    this.#discardSent(this.#sent - this.#maxSentBytes);
  }

  /** What was sent before `position` need not be sent again. */
  confirmed(position: number): void {
    this.#discardSent(position - this.#from);
  }

  /** Drops the oldest `bytes` of what waits, and all that was sent. */
  drop(bytes: number): void {
    this.#queue.discard(this.#sent + bytes);
    this.#forget(this.#sent);
  }

  /** Drops what waits behind the oldest `bytes` of it. */
  cut(bytes: number): void {
    this.#queue.cut(this.#sent + bytes);
  }

  /** What was sent from `position` on waits again, and what was sent before it is dropped. */
  rewind(position: number): void {
    this.#queue.discard(position - this.#from);
    this.#sent = this.#from = 0;
  }

  /** Drops everything, and releases all memory. */
  clear(): void {
    this.#queue.clear();
    this.#sent = this.#from = 0;
  }

  #discardSent(bytes: number): void {
    const count = Math.min(this.#sent, bytes);
    if (count <= 0) return;
    this.#queue.discard(count);
    this.#forget(count);
  }

  /** The oldest `bytes` are not in the queue any more. */
  #forget(bytes: number): void {
    const sent = Math.min(this.#sent, bytes);
    this.#sent -= sent;
    this.#from += sent;
  }
}
