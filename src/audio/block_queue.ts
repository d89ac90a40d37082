/** Bytes of a block: half a second of mu-law. */
export const QUEUE_BLOCK_BYTES = 4096;
/** Blocks that are kept for the next queue that fills, for all queues of the process: 1 MiB. */
export const MAX_SPARE_BLOCKS = 256;

/** What one call has finished with, the next takes: no memory waits for a collection to free it. */
const spare: Uint8Array[] = [];

/**
 * A queue of bytes in blocks of {@link QUEUE_BLOCK_BYTES}, which come from all queues' common stock and go
 * back to it as they empty. So a queue takes what it holds, and no more: growing copies nothing, and what has
 * left at its front is free at once.
 */
export class BlockQueue {
  readonly maxBytes: number;
  readonly #blocks: Uint8Array[] = [];
  /** Of the oldest byte, in the first block. */
  #start = 0;
  #length = 0;

  /**
   * @param maxBytes the most it may ever hold; writing more drops the oldest bytes
   * @throws {RangeError} when it is not a positive integer
   */
  constructor(maxBytes: number) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) {
      throw new RangeError(`A queue's bound must be a positive integer, got ${maxBytes}.`);
    }
    this.maxBytes = maxBytes;
  }

  /** Bytes that are in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the blocks that it holds. */
  get capacity(): number {
    return this.#blocks.length * QUEUE_BLOCK_BYTES;
  }

  /**
   * Appends `bytes`. Past `maxBytes` the oldest bytes are dropped, if need be those of `bytes` itself.
   *
   * @returns how many bytes were dropped
   */
  write(bytes: Uint8Array): number {
    const dropped = Math.max(0, this.#length + bytes.length - this.maxBytes);
    const droppedHere = Math.min(dropped, this.#length);
    this.discard(droppedHere);
    let offset = dropped - droppedHere;
    while (offset < bytes.length) {
      const end = this.#start + this.#length;
      if (end === this.capacity) this.#blocks.push(spare.pop() ?? new Uint8Array(QUEUE_BLOCK_BYTES));
      const at = end % QUEUE_BLOCK_BYTES;
      const count = Math.min(bytes.length - offset, QUEUE_BLOCK_BYTES - at);
      this.#blocks.at(-1)!.set(part(bytes, offset, count), at);
      this.#length += count;
      offset += count;
    }
    return dropped;
  }

  /**
   * Copies bytes to `target` and leaves them where they are: those behind the oldest `offset`, as many as
   * there are and it can hold.
   *
   * @returns how many bytes were written to `target`
   */
  peek(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#length - offset));
    for (let done = 0; done < count;) {
      const from = this.#start + offset + done;
      const at = from % QUEUE_BLOCK_BYTES;
      const more = Math.min(count - done, QUEUE_BLOCK_BYTES - at);
      target.set(part(this.#blocks[(from - at) / QUEUE_BLOCK_BYTES], at, more), done);
      done += more;
    }
    return count;
  }

  /** Removes the newest bytes, so that `length` are left at most. They do not count as dropped. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, Math.max(0, length));
    this.#release();
  }

  /** Removes the oldest `count` bytes, or all there are, on purpose: they do not count as dropped. */
  discard(count: number): void {
    const gone = Math.min(Math.max(0, count), this.#length);
    this.#start += gone;
    this.#length -= gone;
    for (; this.#start >= QUEUE_BLOCK_BYTES; this.#start -= QUEUE_BLOCK_BYTES) {
      giveBack(this.#blocks.shift()!);
    }
    this.#release();
  }

  /** Removes everything. */
  clear(): void {
    this.cut(0);
  }

  /** Gives back the blocks behind the newest byte. */
  #release(): void {
    if (this.#length === 0) this.#start = 0;
    const needed = Math.ceil((this.#start + this.#length) / QUEUE_BLOCK_BYTES);
    while (this.#blocks.length > needed) giveBack(this.#blocks.pop()!);
  }
}

/** Lets go of the blocks that no queue holds. Returns how many bytes. */
export function releaseSpareBlocks(): number {
  return spare.splice(0).length * QUEUE_BLOCK_BYTES;
}

function giveBack(block: Uint8Array): void {
  if (spare.length < MAX_SPARE_BLOCKS) spare.push(block);
}

function part(bytes: Uint8Array, offset: number, count: number): Uint8Array {
  return count === bytes.length ? bytes : bytes.subarray(offset, offset + count);
}
