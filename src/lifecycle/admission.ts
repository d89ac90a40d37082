/** A reservation that no stream has claimed after this long is given back: Twilio connects within seconds. */
export const RESERVATION_LIFETIME_MS = 30_000;

/** A call that left its stream keeps its slot this long: the announcement and the ringing of a transfer. */
export const HOLD_LIFETIME_MS = 90_000;

/** Why a call is not taken. */
export type Refusal = "draining" | "full";

/**
 * Who may come in. A slot is reserved when the webhook is answered, before anything is connected, and becomes a call when
 * its stream starts; an unused reservation expires. So calls that are still connecting can't overrun the limit.
 */
export class Admission {
  readonly #maxCalls: number;
  readonly #nowMs: () => number;
  /** Who has a reservation (a CallSid, or a name given before there is one), and when it expires. At most `maxCalls`. */
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

  /**
   * Reserves a slot. Whoever has one already keeps it, even while draining: Twilio repeats webhooks, and a call that comes
   * back from a transfer is no new one. Returns why not, or undefined.
   */
  reserve(callSid: string, lifetimeMs: number = RESERVATION_LIFETIME_MS): Refusal | undefined {
    if (this.#live.has(callSid)) return undefined;
    this.#expire();
    const refusal = this.refusal;
    if (refusal && !this.#reserved.has(callSid)) return refusal;
    this.#reserved.set(callSid, this.#nowMs() + lifetimeMs);
    return undefined;
  }

  /** Hands a reservation on, from the name that it was made for to the call that it turned out to be. */
  assign(name: string, callSid: string): void {
    this.#expire();
    const expiresMs = this.#reserved.get(name);
    if (expiresMs === undefined) return;
    this.#reserved.delete(name);
    if (!this.#live.has(callSid)) this.#reserved.set(callSid, expiresMs);
  }

  /** Gives a reservation back. Does nothing to a live call. */
  cancel(callSid: string): void {
    this.#reserved.delete(callSid);
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

  /** Turns a live call's slot into a reservation: it left its stream and may come back soon. */
  hold(callSid: string): void {
    if (this.#live.delete(callSid)) this.#reserved.set(callSid, this.#nowMs() + HOLD_LIFETIME_MS);
  }

  #expire(): void {
    const now = this.#nowMs();
    for (const [callSid, expiresMs] of this.#reserved) {
      if (expiresMs <= now) this.#reserved.delete(callSid);
    }
  }
}
