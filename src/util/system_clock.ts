import type { Clock, Timer } from "./clock.ts";
import { DeadlineQueue } from "./deadline_queue.ts";

/** A timer that is late by more than this was not only busy: the process stood still. */
const STANDSTILL_MS = 200;

/**
 * The real clock. All deadlines of the process share one runtime timer, set to the earliest of them:
 * hundreds of calls cost the event loop one timer, not hundreds.
 */
export class SystemClock implements Clock {
  readonly #queue = new DeadlineQueue(() => this.#disarm());
  readonly #onError: (error: unknown) => void;
  #armedForMs = Infinity;
  #handle: ReturnType<typeof setTimeout> | undefined;
  #isFiring = false;
  #stoodStillMs = 0;

  /**
   * The clock of this process; others beside it count the same time.
   *
   * @param onError gets what a deadline's function throws; the other deadlines still run
   */
  constructor(onError: (error: unknown) => void = reportError) {
    this.#onError = onError;
  }

  /** How many deadlines are pending. */
  get pending(): number {
    return this.#queue.size;
  }

  now(): number {
    return performance.now();
  }

  awake(): number {
    return performance.now() - this.#stoodStillMs;
  }

  epoch(): number {
    return Date.now();
  }

  /** A deadline with slack runs at the next multiple of the slack. */
  at(deadlineMs: number, run: () => void, slackMs = 0): Timer {
    const atMs = slackMs > 0 ? Math.ceil(deadlineMs / slackMs) * slackMs : deadlineMs;
    const timer = this.#queue.add(atMs, run);
    this.#arm();
    return timer;
  }

  #arm(): void {
    // #fire() arms once, after all due functions have run and set their next deadlines.
    if (this.#isFiring) return;
    const next = this.#queue.nextMs;
    if (next === Infinity) return this.#disarm();
    if (next >= this.#armedForMs) return;
    this.#disarm();
    this.#armedForMs = next;
    this.#handle = setTimeout(() => this.#fire(), Math.max(0, Math.ceil(next - this.now())));
  }

  #disarm(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#armedForMs = Infinity;
  }

  #fire(): void {
    const now = this.now();
    // Of a standstill, that is what shows: since the deadline that it made late. One is due at least ten
    // times a second.
    const lateMs = now - this.#armedForMs;
    if (lateMs > STANDSTILL_MS && lateMs < Infinity) this.#stoodStillMs += lateMs;
    this.#disarm();
    this.#isFiring = true;
    for (let run = this.#queue.takeDue(now); run; run = this.#queue.takeDue(now)) {
      try {
        run();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#isFiring = false;
    this.#arm();
  }
}
