import type { HoldClip } from "./hold_clip.ts";
import { holdSound } from "./hold_sound.ts";

/**
 * What one caller hears, time and again, who waits for the model: a sentence, then the hold sound, then
 * another sentence. The first of a wait is another than that of the wait before. Without sentences it is the
 * sound alone.
 */
export class HoldTurns {
  readonly #clips: () => readonly HoldClip[];
  #next = 0;
  /** The last sentence of this wait. */
  #said: HoldClip | undefined;
  #isSoundNext = false;

  /** @param clips the sentences that there are by now */
  constructor(clips: () => readonly HoldClip[]) {
    this.#clips = clips;
  }

  /** True when there is a sentence to begin a wait with, and it has not been said. */
  get hasFirstWords(): boolean {
    return this.#said === undefined && this.#clips().length > 0;
  }

  /** What is heard next. @param mayBeWords false: the sound, whatever comes next */
  next(mayBeWords: boolean): HoldClip {
    const clips = this.#clips();
    const clip = clips[this.#next % Math.max(1, clips.length)];
    if (!mayBeWords || this.#isSoundNext || clip === undefined || clip === this.#said) {
      this.#isSoundNext = false;
      return holdSound();
    }
    this.#next++;
    this.#isSoundNext = true;
    return this.#said = clip;
  }

  /** The wait is over. */
  over(): void {
    this.#said = undefined;
    this.#isSoundNext = false;
  }
}
