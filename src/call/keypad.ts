import type { KeyAction } from "../businesses/business.ts";
import { after, type Clock, sleep, type Timer } from "../util/clock.ts";

/** Keys pressed within this of each other are one entry, told to the model together. */
const ENTRY_PAUSE_MS = 1_500;
/** The same for somebody who types slowly: who reads a number off a letter, say. */
const SLOW_ENTRY_PAUSE_MS = 4_000;
/** A key so soon after an entry that is not answered yet: that was not all, the caller types slowly. */
const GOES_ON_WITHIN_MS = 2_500;
/** Ends an entry: people are used to that. */
const LAST_KEY = "#";

/** How often whoever waits for an entry to be told looks whether it was. */
const TOLD_CHECK_MS = 50;

/** Longest entry; further keys start the next one. */
const MAX_ENTRY_DIGITS = 64;

/**
 * Keys that are taken within {@link KEYS_WINDOW_MS}; what comes beyond is ignored. A machine that dials
 * presses some ten a second, and each key may cut an answer off.
 */
export const MAX_KEYS = 150;
const KEYS_WINDOW_MS = 10_000;

/** What keys lead to. */
export interface KeypadEvents {
  /** A key that the business has bound to an action. */
  onAction(key: string, action: KeyAction): void;
  /** Other keys, gathered into one entry. */
  onEntry(digits: string): void;
  /** True once whoever pressed the last entry has heard what the model says to it. */
  isAnswered(): boolean;
}

/**
 * The caller's keys. A bound key acts at once; all others are gathered until # or a pause, then told to
 * the model.
 */
export class Keypad implements Disposable {
  readonly #actions: Readonly<Record<string, KeyAction>>;
  readonly #clock: Clock;
  readonly #events: KeypadEvents;
  #entry = "";
  #pause: Timer | undefined;
  #pauseMs = ENTRY_PAUSE_MS;
  #toldAtMs = -Infinity;
  #window = { keys: 0, sinceMs: -Infinity };

  constructor(actions: Readonly<Record<string, KeyAction>>, clock: Clock, events: KeypadEvents) {
    this.#actions = actions;
    this.#clock = clock;
    this.#events = events;
  }

  /** True while keys have been pressed that nobody was told of yet. */
  get isOpen(): boolean {
    return this.#entry !== "";
  }

  /** Resolves once no keys are gathered that nobody was told of yet, or `signal` is aborted. */
  async whenTold(signal?: AbortSignal): Promise<void> {
    while (this.isOpen && !signal?.aborted) await sleep(this.#clock, TOLD_CHECK_MS);
  }

  /** Counts a key. False when more come than a telephone sends: this one is to be ignored. */
  admits(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs - this.#window.sinceMs >= KEYS_WINDOW_MS) this.#window = { keys: 0, sinceMs: nowMs };
    return ++this.#window.keys <= MAX_KEYS;
  }

  /** The caller pressed `key`: `0`–`9`, `*` or `#`. */
  press(key: string): void {
    if (Object.hasOwn(this.#actions, key)) {
      this.#finish();
      return this.#events.onAction(key, this.#actions[key]);
    }
    if (this.#entry === "") {
      const isSoon = this.#clock.now() - this.#toldAtMs <= GOES_ON_WITHIN_MS;
      const goesOn = isSoon && !this.#events.isAnswered();
      this.#pauseMs = goesOn ? SLOW_ENTRY_PAUSE_MS : ENTRY_PAUSE_MS;
    }
    this.#entry += key;
    this.#pause?.cancel();
    if (key === LAST_KEY || this.#entry.length >= MAX_ENTRY_DIGITS) return this.#finish();
    this.#pause = after(this.#clock, this.#pauseMs, () => this.#finish());
  }

  [Symbol.dispose](): void {
    this.#pause?.cancel();
    this.#entry = "";
  }

  #finish(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    const digits = this.#entry;
    this.#entry = "";
    if (!digits) return;
    this.#toldAtMs = this.#clock.now();
    this.#events.onEntry(digits);
  }
}
