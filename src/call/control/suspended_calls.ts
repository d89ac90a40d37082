import { ExpiringMap } from "../../util/expiring_map.ts";

/** Suspended calls remembered; the oldest is forgotten beyond it and comes back as a new conversation. */
export const MAX_SUSPENDED_CALLS = 1_000;
/** A call that has not come back after this long is being talked through elsewhere. */
export const SUSPENSION_LIFETIME_MS = 10 * 60_000;

/**
 * Calls that left their stream and may come back to it: while a transfer rings, or key tones are played. Keeps by CallSid
 * what the resumed conversation needs, for one resumption. In memory only: a call that comes back to another process
 * starts its conversation anew.
 */
export class SuspendedCalls<Conversation> {
  readonly #conversations: ExpiringMap<Conversation>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#conversations = new ExpiringMap({
      maxEntries: MAX_SUSPENDED_CALLS,
      lifetimeMs: SUSPENSION_LIFETIME_MS,
      nowMs,
    });
  }

  get size(): number {
    return this.#conversations.size;
  }

  /** Whether the call is away and may come back. */
  has(callSid: string): boolean {
    return this.#conversations.has(callSid);
  }

  /** Keeps `conversation` until the call comes back. To be done before Twilio is told: it may be back at once. */
  put(callSid: string, conversation: Conversation): void {
    this.#conversations.set(callSid, conversation);
  }

  /** What was kept for the call, once. */
  take(callSid: string): Conversation | undefined {
    const conversation = this.#conversations.get(callSid);
    this.#conversations.delete(callSid);
    return conversation;
  }

  /** Forgets a call that will not come back. */
  drop(callSid: string): void {
    this.#conversations.delete(callSid);
  }
}
