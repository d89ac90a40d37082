import { ExpiringMap } from "../util/expiring_map.ts";

/** Calls remembered. A forgotten one gets the fallback: the caller then hears too much rather than nothing. */
export const MAX_ENDED_CALLS = 10_000;
/** Twilio asks what comes next within seconds after a stream's end; its own limit for a webhook is 15 s. */
export const ENDED_LIFETIME_MS = 2 * 60_000;

/** The calls that we hung up lately, for the webhook that asks what the caller hears next: nothing more. */
export class EndedCalls {
  readonly #calls: ExpiringMap<true>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#calls = new ExpiringMap({ maxEntries: MAX_ENDED_CALLS, lifetimeMs: ENDED_LIFETIME_MS, nowMs });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** To be called before the stream is closed: Twilio may ask at once. */
  note(callSid: string): void {
    this.#calls.set(callSid, true);
  }

  /** False for a call whose stream broke, never came about, or ran in another process. */
  has(callSid: string): boolean {
    return this.#calls.has(callSid);
  }
}
