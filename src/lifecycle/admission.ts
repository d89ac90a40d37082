/** A reservation that no stream has claimed after this long is given back: Twilio connects within seconds. */
export const RESERVATION_LIFETIME_MS = 30_000;

/** Why a call is not taken. */
export type Refusal = "draining" | "full";

/**
 * Who may come in. A slot is reserved when the webhook is answered, before anything is connected, and becomes a call when
 * its stream starts; an unused reservation expires. So calls that are still connecting can't overrun the limit.
 */
export class Admission {
  readonly #maxCalls: number;
  readonly #nowMs: () => number;
  /** CallSids with a reservation, and when it expires; in order of expiry. At most `maxCalls`. */
  readonly #reserved = new Map<string, number>();
  /** CallSids of live calls. At most `maxCalls`. */
  readonly #live = new Set<string>();
  #isDraining = false;

  /** @param nowMs monotonic time in milliseconds */
  constructor(maxCalls: number, nowMs: () => number) {
    this.#maxCalls = maxCalls;
    this.#nowMs = nowMs;
  }

  /** Slots in use: live calls and reservations. */
  get inUse(): number {
    this.#expire();
    return this.#reserved.size + this.#live.size;
  }

  /** Why no call would be taken now, or undefined when one would. */
  get refusal(): Refusal | undefined {
    if (this.#isDraining) return "draining";
    return this.inUse >= this.#maxCalls ? "full" : undefined;
  }

  /** Takes no new calls from now on. Those that have a slot go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Reserves a slot. A call that has one already (Twilio repeats webhooks) keeps it. Returns why not, or undefined. */
  reserve(callSid: string): Refusal | undefined {
    if (this.#live.has(callSid)) return undefined;
    this.#reserved.delete(callSid);
    const refusal = this.refusal;
    if (!refusal) this.#reserved.set(callSid, this.#nowMs() + RESERVATION_LIFETIME_MS);
    return refusal;
  }

  /**
   * Turns a reservation into a call. Without one (it expired, or another process gave it) the call needs a free slot.
   * False when there is none, or when the call is live already.
   */
  claim(callSid: string): boolean {
    if (this.#live.has(callSid)) return false;
    const isReserved = this.#reserved.delete(callSid);
    if (!isReserved && this.inUse >= this.#maxCalls) return false;
    this.#live.add(callSid);
    return true;
  }

  /** Gives a live call's slot back. */
  release(callSid: string): void {
    this.#live.delete(callSid);
  }

  #expire(): void {
    const now = this.#nowMs();
    for (const [callSid, expiresMs] of this.#reserved) {
      if (expiresMs > now) return;
      this.#reserved.delete(callSid);
    }
  }
}
