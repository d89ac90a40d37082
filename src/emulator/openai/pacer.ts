import type { Clock, Timer } from "../../util/clock.ts";

/** How often all responses of the emulator move on. At 8 times real time it is 80 ms of audio. */
export const TICK_MS = 10;

/** Something that has work whenever time has passed. */
export interface Paced {
  /** Does what is due at `nowMs`. Must not throw. */
  tick(nowMs: number): void;
}

/** One timer for all responses of all sessions: it stands still while there are none. */
export class Pacer {
  readonly #clock: Clock;
  readonly #paced = new Set<Paced>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(paced: Paced): void {
    this.#paced.add(paced);
    this.#timer ??= this.#clock.at(this.#clock.now() + TICK_MS, () => this.#tick());
  }

  remove(paced: Paced): void {
    this.#paced.delete(paced);
    if (this.#paced.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    for (const paced of this.#paced) paced.tick(nowMs);
    if (this.#paced.size > 0) this.#timer ??= this.#clock.at(nowMs + TICK_MS, () => this.#tick());
  }
}
