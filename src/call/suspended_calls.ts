import type { Business } from "../businesses/business.ts";
import type { CallVariables } from "../businesses/call_variables.ts";
import { ExpiringMap } from "../util/expiring_map.ts";
import type { Journal } from "./journal/journal.ts";

/** Suspended calls remembered; the oldest is forgotten beyond it and comes back as a new conversation. */
export const MAX_SUSPENDED_CALLS = 1_000;
/** A call that has not come back after this long is in a long talk elsewhere. */
export const SUSPENSION_LIFETIME_MS = 10 * 60_000;

/** What a suspended call needs to go on when it comes back. */
export interface SuspendedCall {
  /** As the call began with it, whatever has become of its file meanwhile. */
  readonly business: Business;
  /** What was written down so far: when the call began, what was said, used and heard. */
  readonly journal: Journal;
  /** What its business's texts were filled with. */
  readonly variables?: CallVariables;
}

/**
 * Calls that left their stream and may come back to it: while a transfer rings, or key tones are played.
 * Keeps by CallSid what the resumed call needs, for one resumption. In memory only: workers on one port hand
 * it on to each other, and a call that comes back to any other process starts anew.
 */
export class SuspendedCalls {
  readonly #calls: ExpiringMap<SuspendedCall>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#calls = new ExpiringMap({
      maxEntries: MAX_SUSPENDED_CALLS,
      lifetimeMs: SUSPENSION_LIFETIME_MS,
      nowMs,
    });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Whether the call is away and may come back. */
  has(callSid: string): boolean {
    return this.#calls.has(callSid);
  }

  /** The business that the call began with; undefined when it is not away. */
  business(callSid: string): Business | undefined {
    return this.#calls.get(callSid)?.business;
  }

  /** What the call's business was filled with; undefined when it is not away, or there was nothing. */
  variables(callSid: string): CallVariables | undefined {
    return this.#calls.get(callSid)?.variables;
  }

  /** Keeps `call` until it comes back. To be done before Twilio is told: it may be back at once. */
  put(callSid: string, call: SuspendedCall): void {
    this.#calls.set(callSid, call);
  }

  /** What was kept for the call, once. */
  take(callSid: string): SuspendedCall | undefined {
    const call = this.#calls.get(callSid);
    this.#calls.delete(callSid);
    return call;
  }

  /** Forgets a call that will not come back. */
  drop(callSid: string): void {
    this.#calls.delete(callSid);
  }
}
