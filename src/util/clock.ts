/**
 * Time as the rest of the code sees it, so that tests can turn it by hand.
 * Deadlines are absolute: what runs late never makes the next deadline later.
 */
export interface Clock {
  /** Monotonic time in milliseconds, from an arbitrary origin. */
  now(): number;
  /**
   * Monotonic time in milliseconds in which this process was able to work: {@link now} without the times that
   * it stood still (a long garbage collection, a stopped process, a machine that is too busy). Who judges
   * others by their silence counts by this: what came meanwhile is not read yet.
   */
  awake(): number;
  /** Unix time in milliseconds. */
  epoch(): number;
  /**
   * Runs `run` once when `now()` has reached `deadlineMs`: never early, and late by a few milliseconds at
   * most when idle.
   *
   * @param slackMs how much later it may run, so that what hundreds of calls check now and then runs in one
   * go: waking up costs more than the checks. Default 0
   */
  at(deadlineMs: number, run: () => void, slackMs?: number): Timer;
}

/** A deadline that can be cancelled. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  /** Forgets the deadline. */
  cancel(): void;
}

/** Runs `run` once after `delayMs` from now, or up to `slackMs` later. */
export function after(clock: Clock, delayMs: number, run: () => void, slackMs = 0): Timer {
  return clock.at(clock.now() + delayMs, run, slackMs);
}

/** Resolves after `delayMs` by this clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => after(clock, delayMs, resolve));
}

/**
 * Runs `run` once when this process has been able to work for `delayMs` from now, for what others are given
 * time to do. After a standstill it waits on for the rest of the time.
 */
export function within(clock: Clock, delayMs: number, run: () => void): Timer {
  return new AwakeDeadline(clock, delayMs, run);
}

/** One object a deadline: a call has several, and keeps those that are over. */
class AwakeDeadline implements Timer {
  readonly #clock: Clock;
  readonly #dueMs: number;
  #timer: Timer;

  constructor(clock: Clock, delayMs: number, run: () => void) {
    this.#clock = clock;
    this.#dueMs = clock.awake() + delayMs;
    this.#timer = this.#wait(delayMs, run);
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #wait(delayMs: number, run: () => void): Timer {
    return after(this.#clock, delayMs, () => {
      const leftMs = this.#dueMs - this.#clock.awake();
      if (leftMs > AWAKE_ROUNDING_MS) this.#timer = this.#wait(leftMs, run);
      else run();
    });
  }
}

/** Times are doubles, and differences of them come out a hair off. */
const AWAKE_ROUNDING_MS = 0.01;
