import type { Clock } from "./clock.ts";

/** How many messages a peer may send. */
export interface FloodLimit {
  maxMessages: number;
  /** The least time that `maxMessages` messages must take, in milliseconds. */
  windowMs: number;
}

/**
 * Detects a peer that sends too many messages. It reads the clock once in `maxMessages`, so that a message of
 * a well-behaved peer costs one comparison.
 */
export class FloodGate {
  readonly #clock: Clock;
  readonly #limit: FloodLimit;
  #left: number;
  #sinceMs: number;

  constructor(clock: Clock, limit: FloodLimit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#left = limit.maxMessages;
    this.#sinceMs = clock.now();
  }

  /** Counts a message. False when it and those before it came too fast. */
  admits(): boolean {
    if (--this.#left > 0) return true;
    const now = this.#clock.now();
    const isSlowEnough = now - this.#sinceMs >= this.#limit.windowMs;
    this.#left = this.#limit.maxMessages;
    this.#sinceMs = now;
    return isSlowEnough;
  }
}
