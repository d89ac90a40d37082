import type { Clock } from "../../util/clock.ts";
import { until } from "./line.ts";
import type { GatherVerb } from "./parse_twiml.ts";

/** Keys of one `<Gather>`; Twilio takes no more. */
const MAX_KEYS = 1000;

/** The keys that a caller presses into one `<Gather>`, until it is over. */
export class GatheredKeys {
  readonly #verb: GatherVerb;
  readonly #clock: Clock;
  #keys = "";
  #finishedOn = "";
  #lastMs: number;

  constructor(verb: GatherVerb, clock: Clock) {
    this.#verb = verb;
    this.#clock = clock;
    this.#lastMs = clock.now();
  }

  /** True once as many keys as are wanted were pressed, or the key that ends it. */
  get isFinished(): boolean {
    return this.#finishedOn !== "" || this.#keys.length >= (this.#verb.numDigits ?? MAX_KEYS);
  }

  /** True once any key was pressed: the prompt is cut short. */
  get isBegun(): boolean {
    return this.#keys !== "" || this.#finishedOn !== "";
  }

  press(key: string): void {
    if (this.isFinished) return;
    this.#lastMs = this.#clock.now();
    if (this.#verb.finishOnKey.includes(key)) this.#finishedOn = key;
    else this.#keys += key;
  }

  /** Waits for the end: by a key, or by the time-out, which each key begins anew. */
  async wait(isInterrupted: () => boolean): Promise<void> {
    const timeoutMs = this.#verb.timeoutSeconds * 1000;
    this.#lastMs = Math.max(this.#lastMs, this.#clock.now());
    while (!this.isFinished && !isInterrupted()) {
      const leftMs = this.#lastMs + timeoutMs - this.#clock.now();
      if (leftMs <= 0) return;
      const seenMs = this.#lastMs;
      const isNews = () => this.isFinished || this.#lastMs !== seenMs || isInterrupted();
      await until(this.#clock, isNews, leftMs);
    }
  }

  /** What the `action` request is to say; undefined where nothing was pressed and that is not told. */
  form(): Record<string, string> | undefined {
    if (this.#keys === "" && !this.#verb.asksWhenEmpty) return undefined;
    return {
      Digits: this.#keys,
      ...(this.#finishedOn === "" ? {} : { FinishedOnKey: this.#finishedOn }),
    };
  }
}
