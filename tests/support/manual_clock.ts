import type { Clock, Timer } from "../../src/util/clock.ts";
import { DeadlineQueue } from "../../src/util/deadline_queue.ts";

/** A clock that moves only when a test moves it. Starts at 0 ms, epoch 2026-01-01T00:00:00Z. */
export class ManualClock implements Clock {
  readonly #queue = new DeadlineQueue();
  #nowMs = 0;

  get pending(): number {
    return this.#queue.size;
  }

  now(): number {
    return this.#nowMs;
  }

  epoch(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  at(deadlineMs: number, run: () => void): Timer {
    return this.#queue.add(deadlineMs, run);
  }

  /** Moves time forward by `ms`, running each deadline at its own time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    while (this.#queue.nextMs <= end) {
      this.#nowMs = Math.max(this.#nowMs, this.#queue.nextMs);
      this.#queue.takeDue(this.#nowMs)?.();
    }
    this.#nowMs = end;
  }
}
