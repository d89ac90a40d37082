/**
 * The slot that one stream of a call holds. Releasing takes this very object, so that a stream that ends late
 * cannot release the slot of a later stream of the same call.
 */
export interface LiveSlot {
  readonly callSid: string;
  readonly businessId: string | undefined;
}

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

  get reserved(): number {
    return this.#reserved.size;
  }

  get live(): number {
    return this.#live.size;
  }

  get inUse(): number {
    return this.#reserved.size + this.#live.size;
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
    this.cancel(name);
    this.#reserved.set(name, { expiresMs, businessId });
    this.#count(businessId, 1);
  }

  /** Cancels a reservation. Returns whether there was one. */
  cancel(name: string): boolean {
    const slot = this.#reserved.get(name);
    if (!slot) return false;
    this.#reserved.delete(name);
    this.#count(slot.businessId, -1);
    return true;
  }

  /** Transfers a reservation from the name it was made for to the CallSid that the call got. */
  assign(name: string, callSid: string): void {
    const slot = this.#reserved.get(name);
    if (!slot) return;
    this.cancel(name);
    if (!this.#live.has(callSid)) this.reserve(callSid, slot.expiresMs, slot.businessId);
  }

  /** Makes a call live. Its reservation, or the slot of its earlier stream, becomes the new stream's. */
  claim(callSid: string, businessId: string | undefined): LiveSlot {
    this.cancel(callSid);
    const before = this.#live.get(callSid);
    if (before) this.release(before);
    const slot = { callSid, businessId };
    this.#live.set(callSid, slot);
    this.#count(businessId, 1);
    return slot;
  }

  /** Releases a slot. Returns whether the stream still held it. */
  release(slot: LiveSlot): boolean {
    if (this.#live.get(slot.callSid) !== slot) return false;
    this.#count(slot.businessId, -1);
    return this.#live.delete(slot.callSid);
  }

  /** Turns a slot into a reservation, unless the stream no longer holds it. */
  hold(slot: LiveSlot, expiresMs: number): void {
    if (this.release(slot)) this.reserve(slot.callSid, expiresMs, slot.businessId);
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
