import type { Business } from "../businesses/business.ts";
import type { LagGate } from "./lag_gate.ts";
import type { MemoryGate } from "./memory_gate.ts";
import { type LiveSlot, Slots } from "./slots.ts";

/** A reservation that no stream has claimed after this long is given back: Twilio connects within seconds. */
export const RESERVATION_LIFETIME_MS = 30_000;

/** A call that left its stream keeps its slot this long: the announcement and the ringing of a transfer. */
export const HOLD_LIFETIME_MS = 90_000;

/** Share of the slots that are left when the process says that it is full: what sends calls here is slow to learn it. */
const READY_MARGIN = 0.05;
/** Calls that there must be memory for, to be called ready. */
export const READY_MARGIN_CALLS = 10;

/** Why a call is not taken. */
const REFUSALS = [
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

/** Why a caller was turned away: no slot, or the business has had its calls of the day. */
export type CallRefusal = Refusal | "day_limit";

/** What a business has a share by. */
export type BusinessShare = Pick<Business, "id" | "limits">;

export interface ReserveOptions {
  /** Whose call it is; undefined counts it in nobody's share. */
  business?: BusinessShare;
  /** Slots that the business has in other processes. Default 0. */
  slotsAtPeers?: number;
  /** Default {@link RESERVATION_LIFETIME_MS}. */
  lifetimeMs?: number;
}

export interface ClaimOptions {
  /** Whose call it is; undefined counts it in nobody's share. */
  business?: BusinessShare;
  /** The call has left its stream before, and may be back before that stream is found to be gone. Default false. */
  isBack?: boolean;
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
  /** Calls turned away since the start. */
  refused: Readonly<Record<CallRefusal, number>>;
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
  readonly #refused: Record<CallRefusal, number> = {
    draining: 0,
    full: 0,
    business_full: 0,
    low_memory: 0,
    late: 0,
    day_limit: 0,
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
    const { business, slotsAtPeers = 0, lifetimeMs = RESERVATION_LIFETIME_MS } = options;
    if (this.#slots.isLive(name)) return undefined;
    this.#slots.expire(this.#nowMs());
    if (!this.#slots.isReserved(name)) {
      const refusal = this.refusal ?? this.#shareUsed(business, slotsAtPeers);
      if (refusal) return refusal;
    }
    this.#slots.reserve(name, this.#nowMs() + lifetimeMs, business?.id);
    return undefined;
  }

  /** Counts a call that is turned away, whatever it is told instead of a conversation. */
  turnedAway(refusal: CallRefusal): void {
    this.#refused[refusal]++;
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
   * Undefined when there is no room, or when the call is live already.
   */
  claim(callSid: string, { business, isBack = false }: ClaimOptions = {}): LiveSlot | undefined {
    const isLive = this.#slots.isLive(callSid);
    if (isLive && !isBack) return undefined;
    if (!isLive && !this.#slots.isReserved(callSid)) {
      const refusal = this.#noRoom(0, 0) ?? this.#shareUsed(business, 0);
      if (refusal) {
        this.turnedAway(refusal);
        return undefined;
      }
    }
    return this.#slots.claim(callSid, business?.id);
  }

  /** Gives a slot back, unless a later stream of the call has it. */
  release(slot: LiveSlot): void {
    this.#slots.release(slot);
  }

  /** Turns a slot into a reservation: the call left its stream and may come back soon. */
  hold(slot: LiveSlot): void {
    this.#slots.hold(slot, this.#nowMs() + HOLD_LIFETIME_MS);
  }

  /** @param slots how many shall be free beside the one that is asked for, and for how many more calls memory */
  #noRoom(slots: number, calls: number): Refusal | undefined {
    if (this.inUse + slots >= this.#maxCalls) return "full";
    const { reserved, live } = this.#slots;
    const hasMemory = this.#gates.memory?.hasRoomFor(reserved + 1 + calls, live) ?? true;
    return hasMemory ? undefined : "low_memory";
  }

  #shareUsed(business: BusinessShare | undefined, slotsAtPeers: number): Refusal | undefined {
    const most = business?.limits.callsAtOnce ?? Infinity;
    return business && this.#slots.ofBusiness(business.id) + slotsAtPeers >= most
      ? "business_full"
      : undefined;
  }
}
