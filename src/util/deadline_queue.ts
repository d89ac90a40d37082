import type { Timer } from "./clock.ts";

/**
 * A deadline in the queue. `index` is its place in the heap, -1 once it ran or was cancelled: whoever still
 * has the timer then keeps nothing else alive by it.
 */
class Deadline implements Timer {
  index = -1;
  readonly #queue: DeadlineQueue;

  constructor(queue: DeadlineQueue, readonly atMs: number, public run: () => void) {
    this.#queue = queue;
  }

  cancel(): void {
    this.#queue.cancel(this);
  }
}

/**
 * Deadlines in a binary heap, earliest first. Adding and cancelling cost O(log n). A cancelled deadline
 * leaves at once, so the queue never holds more than what is pending.
 */
export class DeadlineQueue {
  readonly #heap: Deadline[] = [];
  readonly #onEmptied: () => void;

  /** @param onEmptied called when the last pending deadline has been cancelled */
  constructor(onEmptied: () => void = () => {}) {
    this.#onEmptied = onEmptied;
  }

  /** How many deadlines are pending. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline in milliseconds, or `Infinity` when none is pending. */
  get nextMs(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].atMs;
  }

  add(atMs: number, run: () => void): Timer {
    const deadline = new Deadline(this, atMs, run);
    this.#heap.push(deadline);
    this.#up(this.#heap.length - 1, deadline);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    if (deadline.index < 0) return;
    this.#remove(deadline);
    if (this.#heap.length === 0) this.#onEmptied();
  }

  /**
   * Removes the earliest deadline and returns its function if it is due at `nowMs`; else returns undefined.
   */
  takeDue(nowMs: number): (() => void) | undefined {
    if (this.nextMs > nowMs) return undefined;
    const first = this.#heap[0];
    const { run } = first;
    this.#remove(first);
    return run;
  }

  #remove(deadline: Deadline): void {
    const index = deadline.index;
    deadline.index = -1;
    deadline.run = nothing;
    const last = this.#heap.pop();
    if (last === undefined || last === deadline) return;
    if (last.atMs < deadline.atMs) this.#up(index, last);
    else this.#down(index, last);
  }

  #up(index: number, deadline: Deadline): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#heap[parent].atMs <= deadline.atMs) break;
      this.#put(index, this.#heap[parent]);
      index = parent;
    }
    this.#put(index, deadline);
  }

  #down(index: number, deadline: Deadline): void {
    const count = this.#heap.length;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#heap[child + 1].atMs < this.#heap[child].atMs) child++;
      if (this.#heap[child].atMs >= deadline.atMs) break;
      this.#put(index, this.#heap[child]);
      index = child;
    }
    this.#put(index, deadline);
  }

  #put(index: number, deadline: Deadline): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }
}

/** What a deadline does that is over. */
function nothing(): void {}
