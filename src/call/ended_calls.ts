import { ExpiringMap } from "../util/expiring_map.ts";

/**
 * Calls remembered. A forgotten one gets the fallback: the caller then hears too much rather than nothing.
 */
export const MAX_ENDED_CALLS = 10_000;
/**
 * As long as a call may last by Twilio's own default. Twilio signs no time: what it has signed once can be
 * sent again.
 */
export const ENDED_LIFETIME_MS = 4 * 3_600_000;

/** How a call ended. `hung_up`: by us, so that nothing more is to be said. `over`: in any other way. */
export type CallEnding = "hung_up" | "over";

/**
 * The calls that ended lately. The webhook that asks what the caller hears next learns here that it is
 * nothing more; and a call that is over gets no stream again, whoever repeats its webhooks.
 */
export class EndedCalls {
  readonly #calls: ExpiringMap<CallEnding>;

  readonly #onEnding: (callSid: string, ending: CallEnding) => void;

  /**
   * @param nowMs monotonic time in milliseconds
   * @param onEnding is told of each call's ending, once. Default: nobody is
   */
  constructor(nowMs: () => number, onEnding: (callSid: string, ending: CallEnding) => void = () => {}) {
    this.#onEnding = onEnding;
    this.#calls = new ExpiringMap({ maxEntries: MAX_ENDED_CALLS, lifetimeMs: ENDED_LIFETIME_MS, nowMs });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** We hang the call up. To be called before the stream is closed: Twilio may ask at once. */
  noteHungUp(callSid: string): void {
    const isNew = this.#calls.get(callSid) !== "hung_up";
    this.#calls.set(callSid, "hung_up");
    if (isNew) this.#onEnding(callSid, "hung_up");
  }

  /** The call is over, or its stream is and nothing leads back to it. */
  noteOver(callSid: string): void {
    const known = this.#calls.get(callSid);
    this.#calls.set(callSid, known ?? "over");
    if (known === undefined) this.#onEnding(callSid, "over");
  }

  /** Undefined for a call that goes on, never came about, is long forgotten, or ran in another process. */
  ending(callSid: string): CallEnding | undefined {
    return this.#calls.get(callSid);
  }
}
