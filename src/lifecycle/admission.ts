import type { Business } from "../businesses/business.ts";
import type { LagGate } from "./lag_gate.ts";
import type { MemoryGate } from "./memory_gate.ts";
import { Slots } from "./slots.ts";

/** A reservation that no stream has claimed after this long is given back: Twilio connects within seconds. */
export const RESERVATION_LIFETIME_MS = 30_000;

/** A call that left its stream keeps its slot this long: the announcement and the ringing of a transfer. */
export const HOLD_LIFETIME_MS = 90_000;

/** Share of the slots that are left when the process says that it is full: what sends calls here is slow to learn it. */
export const READY_MARGIN = 0.05;
/** Calls that there must be memory for, to be called ready. */
export const READY_MARGIN_CALLS = 10;

/** Why a call is not taken. */
export const REFUSALS = [
  /** The server is about to stop. */
  "draining",
  /** All slots are taken. */
  "full",
  /** The business has as many calls as it may have at once. */
  "business_full",
  /** There is no memory for another call. */
  "low_memory",
  /** The event loop does not keep up with the calls that there are. */
  "late",
] as const;

export type Refusal = typeof REFUSALS[number];

/** What a business has a share by. */
export type BusinessShare = Pick<Business, "id" | "limits">;

export interface ReserveOptions {
  /** Whose call it is; undefined counts it in nobody's share. */
  business?: BusinessShare;
  /** Slots that the business has in other processes. Default 0. */
  elsewhere?: number;
  /** Default {@link RESERVATION_LIFETIME_MS}. */
  lifetimeMs?: number;
  /** The call was refused before and waits: it is not counted as refused again. */
  isRetry?: boolean;
}

/** What limits calls beside their number. */
export interface Gates {
  memory?: MemoryGate;
  lag?: LagGate;
}

/** The state of admission, for operators. */
export interface AdmissionState {
  /** Slots that there are. */
  slots: number;
  live: number;
  reserved: number;
  /** What a call is taken to cost, in bytes; undefined when memory is no limit. */
  callBytes: number | undefined;
  refusal: Refusal | undefined;
  readyRefusal: Refusal | undefined;
  /** Calls refused since the start. */
  refused: Readonly<Record<Refusal, number>>;
}

/**
 * Who may come in. A slot is reserved when the webhook is answered, before anything is connected, and becomes a call when
 * its stream starts; an unused reservation expires. So calls that are still connecting can't overrun a limit, and a call
 * that was taken is never cut for another.
 */
export class Admission {
  #maxCalls: number;
  readonly #nowMs: () => number;
  readonly #gates: Gates;
  /** Live calls and reservations: at most `maxCalls` of each. */
  readonly #slots = new Slots();
  readonly #refused: Record<Refusal, number> = {
    draining: 0,
    full: 0,
    business_full: 0,
    low_memory: 0,
    late: 0,
  };
  #isDraining = false;

  /** @param nowMs monotonic time in milliseconds */
  constructor(maxCalls: number, nowMs: () => number, gates: Gates = {}) {
    this.#maxCalls = maxCalls;
    this.#nowMs = nowMs;
    this.#gates = gates;
  }

  /** Slots in use: live calls and reservations. */
  get inUse(): number {
    this.#slots.expire(this.#nowMs());
    return this.#slots.inUse;
  }

  /** Why no call would be taken now, whosoever it is; undefined when one would. */
  get refusal(): Refusal | undefined {
    return this.#isDraining
      ? "draining"
      : this.#noRoom(0, 0) ?? (this.#gates.lag?.isLate ? "late" : undefined);
  }

  /** Why no call should be sent here: what {@link refusal} says, and what it will say soon. */
  get readyRefusal(): Refusal | undefined {
    const slots = Math.min(Math.ceil(READY_MARGIN * this.#maxCalls), this.#maxCalls - 1);
    return this.refusal ?? this.#noRoom(slots, READY_MARGIN_CALLS) ??
      (this.#gates.lag?.isNearlyLate ? "late" : undefined);
  }

  get state(): AdmissionState {
    const { refusal, readyRefusal } = this;
    return {
      slots: this.#maxCalls,
      live: this.#slots.live,
      reserved: this.#slots.reserved,
      callBytes: this.#gates.memory?.callBytes,
      refusal,
      readyRefusal,
      refused: { ...this.#refused },
    };
  }

  /** Takes no new calls from now on. Those that have a slot go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /**
   * Reserves a slot. Whoever has one already keeps it, even while draining: Twilio repeats webhooks, and a call that comes
   * back from a transfer is no new one. Returns why not, or undefined.
   */
  reserve(name: string, options: ReserveOptions = {}): Refusal | undefined {
    const { business, elsewhere = 0, lifetimeMs = RESERVATION_LIFETIME_MS, isRetry = false } = options;
    if (this.#slots.isLive(name)) return undefined;
    this.#slots.expire(this.#nowMs());
    if (!this.#slots.isReserved(name)) {
      const refusal = this.refusal ?? this.#shareUsed(business, elsewhere);
      if (refusal) {
        if (!isRetry) this.#refused[refusal]++;
        return refusal;
      }
    }
    this.#slots.reserve(name, this.#nowMs() + lifetimeMs, business?.id);
    return undefined;
  }

  /** Hands a reservation on, from the name that it was made for to the call that it turned out to be. */
  assign(name: string, callSid: string): void {
    this.#slots.expire(this.#nowMs());
    this.#slots.assign(name, callSid);
  }

  /** Slots that there are. */
  get capacity(): number {
    return this.#maxCalls;
  }

  set capacity(slots: number) {
    this.#maxCalls = slots;
  }

  /** Slots that a business has here. */
  slotsOf(businessId: string): number {
    this.#slots.expire(this.#nowMs());
    return this.#slots.ofBusiness(businessId);
  }

  /** Whether a slot is reserved for the name. */
  hasReserved(name: string): boolean {
    this.#slots.expire(this.#nowMs());
    return this.#slots.isReserved(name);
  }

  /** Whether the call has its stream here. */
  isLive(callSid: string): boolean {
    return this.#slots.isLive(callSid);
  }

  /** Gives the slot of a call away to another process, which then has one more: over both, the limit stays the same. */
  giveAway(name: string): void {
    this.#slots.cancel(name);
    this.#maxCalls--;
  }

  /** Takes over a slot that another process has given away, and reserves it. */
  takeOver(name: string, business?: BusinessShare): void {
    this.#maxCalls++;
    if (!this.#slots.isLive(name)) {
      this.#slots.reserve(name, this.#nowMs() + RESERVATION_LIFETIME_MS, business?.id);
    }
  }

  /** Gives a reservation back. Does nothing to a live call. */
  cancel(name: string): void {
    this.#slots.cancel(name);
  }

  /**
   * Turns a reservation into a call. Without one (it expired, or another process gave it) the call needs a free slot, and
   * memory; that the server drains or is late is no reason to cut what was promised already.
   * False when there is no room, or when the call is live already.
   */
  claim(callSid: string, business?: BusinessShare): boolean {
    if (this.#slots.isLive(callSid)) return false;
    if (!this.#slots.isReserved(callSid)) {
      const refusal = this.#noRoom(0, 0) ?? this.#shareUsed(business, 0);
      if (refusal) {
        this.#refused[refusal]++;
        return false;
      }
    }
    this.#slots.claim(callSid, business?.id);
    return true;
  }

  /** Gives a live call's slot back. */
  release(callSid: string): void {
    this.#slots.release(callSid);
  }

  /** Turns a live call's slot into a reservation: it left its stream and may come back soon. */
  hold(callSid: string): void {
    this.#slots.hold(callSid, this.#nowMs() + HOLD_LIFETIME_MS);
  }

  /** @param slots how many shall be free beside the one that is asked for, and for how many more calls memory */
  #noRoom(slots: number, calls: number): Refusal | undefined {
    if (this.inUse + slots >= this.#maxCalls) return "full";
    const { reserved, live } = this.#slots;
    const hasMemory = this.#gates.memory?.hasRoomFor(reserved + 1 + calls, live) ?? true;
    return hasMemory ? undefined : "low_memory";
  }

  #shareUsed(business: BusinessShare | undefined, elsewhere: number): Refusal | undefined {
    const most = business?.limits.callsAtOnce ?? Infinity;
    return business && this.#slots.ofBusiness(business.id) + elsewhere >= most ? "business_full" : undefined;
  }
}
