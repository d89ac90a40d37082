/**
 * Time as the rest of the code sees it, so that tests can turn it by hand.
 * Deadlines are absolute: what runs late never makes the next deadline later.
 */
export interface Clock {
  /** Monotonic time in milliseconds, from an arbitrary origin. */
  now(): number;
  /** Unix time in milliseconds. */
  epoch(): number;
  /**
   * Runs `run` once when `now()` has reached `deadlineMs`: never early, and late by a few milliseconds at most when idle.
   *
   * @param slackMs how much later it may run, so that what hundreds of calls check now and then runs in one go: waking up
   * costs more than the checks. Default 0
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
