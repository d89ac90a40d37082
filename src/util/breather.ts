import { setImmediate } from "node:timers/promises";

/** How long work in steps usually keeps the event loop, in milliseconds: half a frame of audio. */
const STEP_MS = 10;

/** Lets the event loop have its turn within long work. */
export class Breather {
  readonly #stepMs: number;
  #sinceMs = performance.now();

  /** @param stepMs longest that a step keeps the event loop, where the parts of the work are short enough */
  constructor(stepMs: number = STEP_MS) {
    this.#stepMs = stepMs;
  }

  /** Resolves at once, or after other work had its turn when the last time was a while ago. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#sinceMs < this.#stepMs) return;
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
