import { ExpiringMap } from "../util/expiring_map.ts";

/** Ended calls remembered. A forgotten one counts as ended in failure: the caller then hears too much rather than nothing. */
export const MAX_ENDED_CALLS = 10_000;
/** Twilio asks what comes next within seconds after a stream's end; its own limit for a webhook is 15 s. */
export const ENDED_LIFETIME_MS = 2 * 60_000;

/** `completed`: nothing more is to be said. `fallback`: the agent was lost, and the caller needs help. */
export type CallOutcome = "completed" | "fallback";

/** How the streams of recent calls ended, for the webhook that asks what the caller hears next. */
export class EndedCalls {
  readonly #outcomes: ExpiringMap<CallOutcome>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#outcomes = new ExpiringMap({
      maxEntries: MAX_ENDED_CALLS,
      lifetimeMs: ENDED_LIFETIME_MS,
      nowMs,
    });
  }

  get size(): number {
    return this.#outcomes.size;
  }

  /** To be called before the stream is closed: Twilio may ask at once. */
  note(callSid: string, outcome: CallOutcome): void {
    this.#outcomes.set(callSid, outcome);
  }

  /** Undefined for a call that nothing is known of: its stream broke, never came about, or ran in another process. */
  outcomeOf(callSid: string): CallOutcome | undefined {
    return this.#outcomes.get(callSid);
  }
}
