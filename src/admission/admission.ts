import type { Business } from "../businesses/business.ts";
import { CallSlots, type LiveSlot, type SlotObserver, type UsedSlot } from "./call_slots.ts";
import type { Gates } from "./gates.ts";

/** A reservation that no stream claims within this time expires: Twilio connects within seconds. */
export const RESERVATION_LIFETIME_MS = 30_000;

/**
 * A call that left its stream keeps its slot for this long: enough to announce a transfer and let it ring.
 */
export const HOLD_LIFETIME_MS = 90_000;

/** Share of slots still free when readiness reports `full`: whatever sends calls here learns it late. */
const READY_MARGIN = 0.05;
/** Readiness needs memory for this many more calls. */
export const READY_MARGIN_CALLS = 10;

/** Why a call gets no slot. */
export type Refusal =
  /** The server is about to stop. */
  | "draining"
  /** All slots are taken. */
  | "full"
  /** The business has as many calls as it may have at once. */
  | "business_full"
  /** There is no memory for another call. */
  | "low_memory"
  /** There are no descriptors for another call, or too many sockets whose peers do not let them close. */
  | "descriptors"
  /** The event loop does not keep up with the calls that it has. */
  | "late";

/** Why a caller was turned away: no slot, or the business has used up its minutes or money of the day. */
export type CallRefusal = Refusal | "day_limit";

/** What admission needs to know of a business. */
export type BusinessShare = Pick<Business, "id" | "limits">;

export interface ReserveOptions {
  /** Whose call it is. Default: nobody's, so that no business's limit applies. */
  business?: BusinessShare;
  /**
   * Slots that the business holds in other processes; `counted` when the call has been counted against the
   * business's limit, over all of them. Default 0.
   */
  slotsAtPeers?: number | "counted";
  /** How long the reservation lasts without a stream. Default {@link RESERVATION_LIFETIME_MS}. */
  lifetimeMs?: number;
  /** It is the call of a caller who was just talking, in another process. Default false. */
  isAdmitted?: boolean;
  /** No other process can be asked to take it: this one does, although it is about to stop. Default false. */
  isForHere?: boolean;
}

export interface ClaimOptions {
  /** Whose call it is. Default: nobody's, so that no business's limit applies. */
  business?: BusinessShare;
  /**
   * The call has left an earlier stream and may return before that stream is known to have ended. Default
   * false.
   */
  isBack?: boolean;
  /** The call has been counted against its business's limit, over all processes. Default false. */
  isCounted?: boolean;
  /** It is the call of a caller who was just talking, in another process. Default false. */
  isAdmitted?: boolean;
}

/** The state of admission, for operators. */
export interface AdmissionState {
  /** Slots of this process. */
  slots: number;
  live: number;
  reserved: number;
  /** Estimated memory of one more call, in bytes; undefined without a memory gate. */
  callBytes: number | undefined;
  refusal: Refusal | undefined;
  readyRefusal: Refusal | undefined;
  /** Calls turned away since the start, by reason. */
  refused: Readonly<Record<CallRefusal, number>>;
}

/**
 * Decides whether a call is taken or refused. {@link reserve} takes a slot when the webhook is answered,
 * before anything is connected, and {@link claim} turns it into a call when its stream starts; an unused
 * reservation expires. So calls that are still connecting cannot overrun a limit, and a call that was taken
 * is never ended for another.
 */
export class Admission {
  /** Slots of this process: the most calls and reservations at once. */
  capacity: number;
  readonly #nowMs: () => number;
  readonly #gates: Gates;
  readonly #slots: CallSlots;
  readonly #refused: Record<CallRefusal, number> = {
    draining: 0,
    full: 0,
    business_full: 0,
    low_memory: 0,
    descriptors: 0,
    late: 0,
    day_limit: 0,
  };
  #isDraining = false;

  /**
   * @param nowMs monotonic time in milliseconds
   * @param observer is told what becomes of slots. Default: nobody is
   */
  constructor(capacity: number, nowMs: () => number, gates: Gates = {}, observer?: SlotObserver) {
    this.capacity = capacity;
    this.#slots = new CallSlots(observer);
    this.#nowMs = nowMs;
    this.#gates = gates;
  }

  /** Slots in use: live calls and reservations. */
  get inUse(): number {
    this.#slots.expire(this.#nowMs());
    return this.#slots.inUse;
  }

  /** Why any new call would be refused now; undefined when it would be taken. */
  get refusal(): Refusal | undefined {
    return this.#isDraining ? "draining" : this.#noRoomForNew;
  }

  /** Why new calls should not be sent here: {@link refusal}, or what it is about to become. */
  get readyRefusal(): Refusal | undefined {
    const slots = Math.min(Math.ceil(READY_MARGIN * this.capacity), this.capacity - 1);
    return this.refusal ?? this.#noRoom(slots, READY_MARGIN_CALLS) ??
      (this.#gates.lag?.isNearlyLate ? "late" : undefined);
  }

  get state(): AdmissionState {
    const { refusal, readyRefusal } = this;
    return {
      slots: this.capacity,
      live: this.#slots.live,
      reserved: this.#slots.reserved,
      callBytes: this.#gates.memory?.callBytes,
      refusal,
      readyRefusal,
      refused: { ...this.#refused },
    };
  }

  /** For how many more calls there are slots, and memory. */
  get room(): { readonly slots: number; readonly memory: number } {
    const slots = this.#isDraining ? 0 : Math.max(0, this.capacity - this.inUse);
    const { live, reserved } = this.#slots;
    return { slots, memory: Math.max(0, (this.#gates.memory?.roomFor(live) ?? Infinity) - reserved) };
  }

  /** Refuses new calls from now on. Calls that have a slot go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /**
   * Reserves a slot, or returns the reason for refusing it. A call that has a slot keeps it, even while
   * draining: Twilio repeats webhooks, and a call that returns from a transfer is not a new one. Nor is one
   * that was admitted elsewhere: it is refused for nothing that the process could live with.
   */
  reserve(name: string, options: ReserveOptions = {}): Refusal | undefined {
    const { business, slotsAtPeers = 0, lifetimeMs = RESERVATION_LIFETIME_MS } = options;
    const { isAdmitted = false, isForHere = false } = options;
    if (this.#slots.isLive(name)) return undefined;
    this.#slots.expire(this.#nowMs());
    if (!this.#slots.isReserved(name)) {
      const noRoom = isAdmitted ? this.#noRoomAtAll : isForHere ? this.#noRoomForNew : this.refusal;
      const refusal = noRoom ?? this.#shareUsed(business, slotsAtPeers);
      if (refusal) return refusal;
    }
    this.#slots.reserve(name, this.#nowMs() + lifetimeMs, business?.id);
    return undefined;
  }

  /** Counts a call that was turned away, whatever its caller hears instead of the agent. */
  turnedAway(refusal: CallRefusal): void {
    this.#refused[refusal]++;
  }

  /** Transfers a reservation from the name it was made for to the CallSid that the call got. */
  assign(name: string, callSid: string): void {
    this.#slots.expire(this.#nowMs());
    this.#slots.assign(name, callSid);
  }

  /** Slots that a business holds here. */
  slotsOf(businessId: string): number {
    this.#slots.expire(this.#nowMs());
    return this.#slots.ofBusiness(businessId);
  }

  /** The slots in use. */
  get used(): UsedSlot[] {
    this.#slots.expire(this.#nowMs());
    return [...this.#slots.used()];
  }

  /** True from {@link drain} on. */
  get isDraining(): boolean {
    return this.#isDraining;
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

  /**
   * Gives the slot of a call to another process, which then has one more: the limit over both stays the same.
   */
  giveAway(name: string): void {
    this.#slots.leave(name);
    this.capacity--;
  }

  /** The call goes on in another process, which has a slot of its own for it. */
  leave(name: string): void {
    this.#slots.leave(name);
  }

  /** The same for a call that leaves its stream here. */
  leaveLive(slot: LiveSlot): void {
    this.#slots.leaveLive(slot);
  }

  /** Takes over a slot that another process gave away, and reserves it. */
  takeOver(name: string, business?: BusinessShare): void {
    this.capacity++;
    if (!this.#slots.isLive(name)) {
      this.#slots.reserve(name, this.#nowMs() + RESERVATION_LIFETIME_MS, business?.id);
    }
  }

  /** Gives a reservation back. Does nothing to a live call. */
  cancel(name: string): void {
    this.#slots.cancel(name);
  }

  /**
   * Turns a reservation into a live call. Without one (it expired, or another process made it) the call needs
   * a free slot and memory; draining or a late event loop are no reason to cut off a caller who was promised
   * an agent, nor is a lack of slots for one who was just talking to it. Returns undefined when there is no
   * room, or when the call is live already.
   */
  claim(callSid: string, options: ClaimOptions = {}): LiveSlot | undefined {
    const { business, isBack = false, isCounted = false, isAdmitted = false } = options;
    const isLive = this.#slots.isLive(callSid);
    if (isLive && !isBack) return undefined;
    if (!isLive && !this.#slots.isReserved(callSid)) {
      const noRoom = isAdmitted ? this.#noResources(0) : this.#noRoom(0, 0);
      const refusal = noRoom ?? this.#shareUsed(business, isCounted ? "counted" : 0);
      if (refusal) {
        this.turnedAway(refusal);
        return undefined;
      }
    }
    return this.#slots.claim(callSid, business?.id);
  }

  /** Returns a slot, unless a later stream of the call holds it. */
  release(slot: LiveSlot): void {
    this.#slots.release(slot);
  }

  /** Turns a slot into a reservation: the call left its stream and may return soon. */
  hold(slot: LiveSlot): void {
    this.#slots.hold(slot, this.#nowMs() + HOLD_LIFETIME_MS);
  }

  /**
   * Whether slots, memory or descriptors lack room for one call, plus a margin of `slots` free slots and room
   * for `calls` more.
   */
  #noRoom(slots: number, calls: number): Refusal | undefined {
    return this.inUse + slots >= this.capacity ? "full" : this.#noResources(calls);
  }

  /** Why a process that goes on cannot take a new call. */
  get #noRoomForNew(): Refusal | undefined {
    return this.#noRoom(0, 0) ?? (this.#gates.lag?.isLate ? "late" : undefined);
  }

  /** Why not even a call that was admitted elsewhere can be taken. */
  get #noRoomAtAll(): Refusal | undefined {
    return this.#isDraining ? "draining" : this.#noResources(0);
  }

  /** Whether memory or descriptors lack room for one call, plus a margin for `calls` more. */
  #noResources(calls: number): Refusal | undefined {
    this.#slots.expire(this.#nowMs());
    const { reserved, live } = this.#slots;
    const more = reserved + 1 + calls;
    const { memory, descriptors } = this.#gates;
    if (memory?.hasRoomFor(more, live) === false) return "low_memory";
    return descriptors?.hasRoomFor(more) === false ? "descriptors" : undefined;
  }

  #shareUsed(business: BusinessShare | undefined, slotsAtPeers: number | "counted"): Refusal | undefined {
    const most = business?.limits.callsAtOnce ?? Infinity;
    if (slotsAtPeers === "counted") return undefined;
    return business && this.#slots.ofBusiness(business.id) + slotsAtPeers >= most
      ? "business_full"
      : undefined;
  }
}
