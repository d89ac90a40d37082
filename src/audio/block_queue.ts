/** Bytes of a block: half a second of mu-law. */
export const QUEUE_BLOCK_BYTES = 4096;
/**
 * Blocks of a slab: 128 KiB, which the C library takes from the system by themselves, page by page as they
 * are written, and gives back when they are released. Smaller pieces would leave holes in its heap.
 */
export const SLAB_BLOCKS = 32;
/** Blocks a second; and how many seconds ahead of the caller's ear are told apart: all that a carrier has. */
const [BLOCKS_TOGETHER, KINDS] = [2, 12];

/**
 * Blocks for all queues of the process. A slab of which no block is in use goes back to the system at once,
 * without waiting for a collection. What comes at the same time and is as far ahead of its caller's ear will
 * be heard at the same time, and lies together.
 */
export class BlockStock {
  /** Of each slab, how far ahead its blocks are, and where it has free ones. */
  readonly #slabs = new Map<ArrayBufferLike, { kind: number; free: number[] }>();

  /** Bytes of all slabs, of which the system counts what has been written to. */
  get bytes(): number {
    return this.#slabs.size * SLAB_BLOCKS * QUEUE_BLOCK_BYTES;
  }

  /** A block in which anything may stand, for a queue that has so many blocks ahead of it. */
  take(ahead: number): Uint8Array {
    const kind = Math.min(Math.floor(ahead / BLOCKS_TOGETHER), KINDS - 1);
    // The oldest that has one, so that the younger ones become empty.
    for (const [memory, slab] of this.#slabs) {
      const at = slab.kind === kind ? slab.free.pop() : undefined;
      if (at !== undefined) return new Uint8Array(memory, at, QUEUE_BLOCK_BYTES);
    }
    const free = Array.from({ length: SLAB_BLOCKS }, (_, i) => i * QUEUE_BLOCK_BYTES);
    this.#slabs.set(new ArrayBuffer(SLAB_BLOCKS * QUEUE_BLOCK_BYTES), { kind, free });
    return this.take(ahead);
  }

  /** Takes a block back, once. Nobody may look at it afterwards. */
  giveBack({ buffer, byteOffset }: Uint8Array): void {
    const { free } = this.#slabs.get(buffer)!;
    if (free.push(byteOffset) < SLAB_BLOCKS) return;
    this.#slabs.delete(buffer);
    (buffer as ArrayBuffer).transfer(0); // a buffer without bytes takes its place
  }
}

/** Where the blocks of all queues come from. */
export const blockStock = new BlockStock();

/**
 * A queue of bytes in blocks of {@link QUEUE_BLOCK_BYTES}, which come from all queues' common stock and go
 * back to it as they empty. So a queue takes what it holds, and no more: growing copies nothing, and what has
 * left at its front is free at once.
 */
export class BlockQueue {
  readonly #blocks: Uint8Array[] = [];
  /** Of the oldest byte, in the first block. */
  #start = 0;
  #length = 0;

  /** @param maxBytes the most it may ever hold; writing more drops the oldest bytes */
  constructor(readonly maxBytes: number) {}

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
      if (end === this.capacity) this.#blocks.push(blockStock.take(this.#blocks.length));
      const at = end % QUEUE_BLOCK_BYTES;
      const count = Math.min(bytes.length - offset, QUEUE_BLOCK_BYTES - at);
      this.#blocks.at(-1)!.set(bytes.subarray(offset, offset + count), at);
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
      const end = Math.min(at + count - done, QUEUE_BLOCK_BYTES);
      target.set(this.#blocks[(from - at) / QUEUE_BLOCK_BYTES].subarray(at, end), done);
      done += end - at;
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
      blockStock.giveBack(this.#blocks.shift()!);
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
    while (this.#blocks.length > needed) blockStock.giveBack(this.#blocks.pop()!);
  }
}
