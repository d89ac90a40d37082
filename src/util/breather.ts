import { setImmediate } from "node:timers/promises";

/** Longest that work in steps keeps the event loop, in milliseconds: half a frame of audio. */
const STEP_MS = 10;

/** Lets the event loop have its turn within long work. */
export class Breather {
  #sinceMs = performance.now();

  /** Resolves at once, or after other work had its turn when the last time was a while ago. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#sinceMs < STEP_MS) return;
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
