/**
 * Opens one descriptor, at once, that nobody needs but to keep its place.
 * @throws an error whose `code` is `EMFILE` or `ENFILE` when the process, or the machine, has no more
 */
export type OpenDescriptor = () => { close(): void };
type SpareDescriptor = ReturnType<OpenDescriptor>;

/** A count is used again for this long: each descriptor that is counted takes some 25 µs. */
const MAX_AGE_MS = 250;

/**
 * Descriptors held open so that there are some when they run out: whoever has to open something then, such as
 * a listener that died of it, releases them first. Nothing in the runtime tells how many a process has left,
 * and `/proc` is closed to a process without all permissions, so they are counted by opening them.
 */
export class DescriptorReserve implements Disposable {
  /** How many are held while there are enough. */
  readonly size: number;
  readonly #open: OpenDescriptor;
  readonly #nowMs: () => number;
  readonly #held: SpareDescriptor[] = [];
  /** How many could be opened beside the reserve, and whether there were no more. */
  #counted = { free: 0, isAll: false, atMs: -Infinity };

  /** @param nowMs monotonic time in milliseconds */
  constructor(size: number, open: OpenDescriptor, nowMs: () => number = () => performance.now()) {
    this.size = size;
    this.#open = open;
    this.#nowMs = nowMs;
    this.fill();
  }

  /** How many are held now. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes back what was released. Returns false when that is not possible: descriptors are short. */
  fill(): boolean {
    while (this.#held.length < this.size) {
      const spare = this.#tryOpen();
      if (spare === "short") return false;
      if (spare === "unknown") return true;
      this.#held.push(spare);
    }
    return true;
  }

  /** Lets `count` descriptors go, for what is to be opened right now. Default all. */
  release(count = Infinity): void {
    for (const spare of this.#held.splice(0, count)) spare.close();
    this.#counted.atMs = -Infinity;
  }

  /**
   * Sees to it that `count` descriptors can be opened right now: releases them, unless a count that is still
   * fresh has found as many beside the reserve.
   */
  makeRoom(count: number): void {
    if (this.#isFresh && this.#counted.free >= count) this.#counted.free -= count;
    else this.release(count);
  }

  /** Whether `count` more can be opened beside the reserve. True where that cannot be found out. */
  hasRoomFor(count: number): boolean {
    const { free, isAll } = this.#counted;
    if (this.#isFresh && (isAll || free >= count)) return free >= count;
    if (!this.fill()) {
      this.#counted = { free: 0, isAll: true, atMs: this.#nowMs() };
      return false;
    }
    return this.countFree(count) >= count;
  }

  /** How many can be opened beside the reserve, counted up to `most`. */
  countFree(most: number): number {
    const opened: SpareDescriptor[] = [];
    let isAll = false;
    try {
      while (opened.length < most && !isAll) {
        const spare = this.#tryOpen();
        if (spare === "unknown") return most;
        if (spare === "short") isAll = true;
        else opened.push(spare);
      }
    } finally {
      for (const spare of opened) spare.close();
    }
    this.#counted = { free: opened.length, isAll, atMs: this.#nowMs() };
    return opened.length;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  get #isFresh(): boolean {
    return this.#nowMs() - this.#counted.atMs < MAX_AGE_MS;
  }

  #tryOpen(): SpareDescriptor | "short" | "unknown" {
    try {
      return this.#open();
    } catch (error) {
      return isOutOfDescriptors(error) ? "short" : "unknown";
    }
  }
}

/** Whether an error says that the process or the machine has no descriptor left. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE";
}

/** Opens a folder again and again, which the process may read. */
export function openFolder(path: string): OpenDescriptor {
  return () => Deno.openSync(path);
}
