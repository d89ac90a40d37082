/** Bounds of a {@link RingBuffer}, in bytes. */
export interface RingBufferOptions {
  /** Size of the first allocation, and what an empty ring shrinks back to. Default 1,024. */
  initialBytes?: number;
  /** The most it may ever hold; writing more drops the oldest bytes. */
  maxBytes: number;
}

const DEFAULT_INITIAL_BYTES = 1024;

/**
 * A queue of bytes in one typed array: allocated on the first write, doubled as it fills up to a cap,
 * released once it is empty.
 */
export class RingBuffer {
  readonly maxBytes: number;
  readonly #initialBytes: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor({ maxBytes, initialBytes = DEFAULT_INITIAL_BYTES }: RingBufferOptions) {
    this.maxBytes = maxBytes;
    this.#initialBytes = Math.min(initialBytes, maxBytes);
  }

  /** Bytes waiting to be read. */
  get length(): number {
    return this.#length;
  }

  /** Bytes allocated now. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /**
   * Appends `bytes`. Past `maxBytes` the oldest bytes are dropped, if need be those of `bytes` itself.
   *
   * @returns how many bytes were dropped
   */
  write(bytes: Uint8Array): number {
    const dropped = Math.max(0, this.#length + bytes.length - this.maxBytes);
    const droppedFromRing = Math.min(dropped, this.#length);
    this.#skip(droppedFromRing);
    const kept = dropped > droppedFromRing ? bytes.subarray(dropped - droppedFromRing) : bytes;
    this.#reserve(this.#length + kept.length);
    const end = this.#wrap(this.#start + this.#length);
    const untilEdge = this.#bytes.length - end;
    if (kept.length <= untilEdge) {
      this.#bytes.set(kept, end);
    } else {
      this.#bytes.set(kept.subarray(0, untilEdge), end);
      this.#bytes.set(kept.subarray(untilEdge), 0);
    }
    this.#length += kept.length;
    return dropped;
  }

  /**
   * Moves the oldest bytes to `target`, as many as there are and it can hold.
   *
   * @returns how many bytes were written to `target`
   */
  read(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    this.#copyTo(target, count);
    this.#skip(count);
    if (this.#length === 0) this.#shrink();
    return count;
  }

  /** Removes everything and releases all memory until the next write. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#start = this.#length = 0;
  }

  /**
   * Releases what the waiting bytes do not need. The ring grows again when it must, by copying, so this is
   * for a process that is short of memory.
   *
   * @returns how many bytes were released
   */
  trim(): number {
    const before = this.#bytes.length;
    if (this.#length < before) this.#resize(this.#length);
    return before - this.#bytes.length;
  }

  #skip(count: number): void {
    this.#start = this.#wrap(this.#start + count);
    this.#length -= count;
  }

  #wrap(index: number): number {
    return index >= this.#bytes.length ? index - this.#bytes.length : index;
  }

  /** The oldest `count` bytes. */
  #copyTo(target: Uint8Array, count: number): void {
    const untilEdge = this.#bytes.length - this.#start;
    if (count <= untilEdge) {
      target.set(this.#bytes.subarray(this.#start, this.#start + count));
    } else {
      target.set(this.#bytes.subarray(this.#start));
      target.set(this.#bytes.subarray(0, count - untilEdge), untilEdge);
    }
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    let capacity = Math.max(this.#bytes.length, this.#initialBytes);
    while (capacity < length) capacity *= 2;
    this.#resize(Math.min(capacity, this.maxBytes));
  }

  #resize(capacity: number): void {
    const resized = new Uint8Array(capacity);
    this.#copyTo(resized, this.#length);
    this.#bytes = resized;
    this.#start = 0;
  }

  /** Releases a large allocation, so that a quiet call does not keep the memory of a long wait. */
  #shrink(): void {
    this.#start = 0;
    if (this.#bytes.length > this.#initialBytes) this.#bytes = new Uint8Array(0);
  }
}
