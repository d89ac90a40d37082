import type { Clock, Timer } from "../../util/clock.ts";

/** How far away the caller is. */
export interface NetworkOptions {
  /** Delay of every message, each way, in milliseconds. Default 0. */
  delayMs?: number;
  /** Up to so much is added to each delay, evenly spread. Default 0. */
  jitterMs?: number;
  /** Seed of the jitter, so that a run can be repeated. Default 1. */
  seed?: number;
}

/**
 * One direction of the way between Twilio and the server. Whatever goes in comes out later, in the same
 * order: TCP never lets a message overtake another, so one that is held up holds up those behind it.
 */
export class DelayLine {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #onItsWay: { dueMs: number; deliver: () => void }[] = [];
  #random: number;
  #timer: Timer | undefined;
  #isCut = false;

  constructor(clock: Clock, options: NetworkOptions = {}) {
    this.#clock = clock;
    this.#delayMs = options.delayMs ?? 0;
    this.#jitterMs = options.jitterMs ?? 0;
    this.#random = (options.seed ?? 1) >>> 0;
  }

  /** Runs `deliver` when the message has arrived: at once when there is no delay. */
  carry(deliver: () => void): void {
    if (this.#isCut) return;
    if (this.#delayMs === 0 && this.#jitterMs === 0) return deliver();
    const dueMs = this.#clock.now() + this.#delayMs + this.#jitterMs * this.#next();
    const last = this.#onItsWay.at(-1);
    this.#onItsWay.push({ dueMs: Math.max(dueMs, last?.dueMs ?? -Infinity), deliver });
    this.#arm();
  }

  /** Loses what is on its way and all that follows. */
  cut(): void {
    this.#isCut = true;
    this.#onItsWay.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timer || this.#onItsWay.length === 0) return;
    this.#timer = this.#clock.at(this.#onItsWay[0].dueMs, () => {
      this.#timer = undefined;
      while (this.#onItsWay.length > 0 && this.#onItsWay[0].dueMs <= this.#clock.now()) {
        this.#onItsWay.shift()?.deliver();
      }
      this.#arm();
    });
  }

  /** The next of an even series over 0…1 (mulberry32). */
  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let t = this.#random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
