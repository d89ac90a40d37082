/**
 * The slot that one stream of a call holds. Releasing takes this very object, so that a stream that ends late
 * cannot release the slot of a later stream of the same call.
 */
export interface LiveSlot {
  readonly callSid: string;
  readonly businessId: string | undefined;
}

/** Who is told what becomes of slots, by the names they were reserved for. */
export interface SlotObserver {
  /** Nobody has the slot any more. */
  freed(name: string, businessId: string | undefined, wasLive: boolean): void;
  /** The slot is that of a call now. */
  renamed(name: string, callSid: string, businessId: string | undefined): void;
}

/** A slot in use, reserved or live. */
export interface UsedSlot {
  readonly name: string;
  readonly businessId: string | undefined;
  readonly isLive: boolean;
}

const NOBODY: SlotObserver = { freed: () => {}, renamed: () => {} };

/**
 * The slots in use: live calls, and reservations, which expire. Counts each once, and for its business. Knows
 * no limits: admission enforces them, which keeps both maps bounded.
 */
export class CallSlots {
  /** A CallSid, or a name given before there is one. */
  readonly #reserved = new Map<string, { expiresMs: number; businessId: string | undefined }>();
  /** By CallSid, of the call's latest stream. */
  readonly #live = new Map<string, LiveSlot>();
  readonly #ofBusiness = new Map<string, number>();
  readonly #observer: SlotObserver;

  /** @param observer default: nobody is told */
  constructor(observer: SlotObserver = NOBODY) {
    this.#observer = observer;
  }

  get reserved(): number {
    return this.#reserved.size;
  }

  get live(): number {
    return this.#live.size;
  }

  get inUse(): number {
    return this.#reserved.size + this.#live.size;
  }

  /** All slots in use. */
  *used(): Generator<UsedSlot> {
    for (const [name, { businessId }] of this.#reserved) yield { name, businessId, isLive: false };
    for (const [name, { businessId }] of this.#live) yield { name, businessId, isLive: true };
  }

  /** Slots of one business. */
  ofBusiness(businessId: string): number {
    return this.#ofBusiness.get(businessId) ?? 0;
  }

  isLive(name: string): boolean {
    return this.#live.has(name);
  }

  isReserved(name: string): boolean {
    return this.#reserved.has(name);
  }

  /** Reserves a slot until `expiresMs`, or extends a reservation to that time. */
  reserve(name: string, expiresMs: number, businessId: string | undefined): void {
    this.leave(name);
    this.#reserved.set(name, { expiresMs, businessId });
    this.#count(businessId, 1);
  }

  /** Cancels a reservation, if there is one. */
  cancel(name: string): void {
    const slot = this.leave(name);
    if (slot) this.#observer.freed(name, slot.businessId, false);
  }

  /** The same where the slot goes on elsewhere, so that nobody is told. Returns whose it was. */
  leave(name: string): { readonly businessId: string | undefined } | undefined {
    const slot = this.#reserved.get(name);
    if (!slot) return undefined;
    this.#reserved.delete(name);
    this.#count(slot.businessId, -1);
    return slot;
  }

  /** Transfers a reservation from the name it was made for to the CallSid that the call got. */
  assign(name: string, callSid: string): void {
    const slot = this.#reserved.get(name);
    if (!slot) return;
    if (this.#live.has(callSid)) return this.cancel(name);
    this.leave(name);
    this.reserve(callSid, slot.expiresMs, slot.businessId);
    this.#observer.renamed(name, callSid, slot.businessId);
  }

  /** Makes a call live. Its reservation, or the slot of its earlier stream, becomes the new stream's. */
  claim(callSid: string, businessId: string | undefined): LiveSlot {
    this.leave(callSid);
    const before = this.#live.get(callSid);
    if (before) this.leaveLive(before);
    const slot = { callSid, businessId };
    this.#live.set(callSid, slot);
    this.#count(businessId, 1);
    return slot;
  }

  /** Releases a slot, if the stream still holds it. */
  release(slot: LiveSlot): void {
    if (this.leaveLive(slot)) this.#observer.freed(slot.callSid, slot.businessId, true);
  }

  /** The same where the slot goes on, so that nobody is told. Returns whether the stream still held it. */
  leaveLive(slot: LiveSlot): boolean {
    if (this.#live.get(slot.callSid) !== slot) return false;
    this.#count(slot.businessId, -1);
    return this.#live.delete(slot.callSid);
  }

  /** Turns a slot into a reservation, unless the stream no longer holds it. */
  hold(slot: LiveSlot, expiresMs: number): void {
    if (this.leaveLive(slot)) this.reserve(slot.callSid, expiresMs, slot.businessId);
  }

  /** Cancels the reservations that have expired. */
  expire(nowMs: number): void {
    for (const [name, { expiresMs }] of this.#reserved) {
      if (expiresMs <= nowMs) this.cancel(name);
    }
  }

  #count(businessId: string | undefined, change: 1 | -1): void {
    if (businessId === undefined) return;
    const count = this.ofBusiness(businessId) + change;
    if (count === 0) this.#ofBusiness.delete(businessId);
    else this.#ofBusiness.set(businessId, count);
  }
}
