import type { Clock, Timer } from "../../src/util/clock.ts";
import { DeadlineQueue } from "../../src/util/deadline_queue.ts";

/** A clock that moves only when a test moves it. Starts at 0 ms, epoch 2026-01-01T00:00:00Z. */
export class ManualClock implements Clock {
  readonly #queue = new DeadlineQueue();
  #nowMs = 0;
  #stoodStillMs = 0;

  get pending(): number {
    return this.#queue.size;
  }

  now(): number {
    return this.#nowMs;
  }

  awake(): number {
    return this.#nowMs - this.#stoodStillMs;
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

  /** The process stands still for `ms`: what was due meanwhile runs at its end, late. */
  standStill(ms: number): void {
    this.#nowMs += ms;
    this.#stoodStillMs += ms;
    for (let run = this.#queue.takeDue(this.#nowMs); run; run = this.#queue.takeDue(this.#nowMs)) run();
  }
}
