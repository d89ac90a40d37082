/**
 * A slot that a stream of a call holds. Only with it can it be given back: a stream that ends late cannot give back what a
 * later stream of the same call has.
 */
export interface LiveSlot {
  readonly callSid: string;
  readonly businessId: string | undefined;
}

/**
 * Who has a slot: calls that are live, and reservations, which expire. Each is counted once, and with the business that it
 * belongs to. Knows no limits; who sets them keeps both maps bounded.
 */
export class Slots {
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

  /** Reserves a slot; one that is reserved already lasts until `expiresMs` from now on. */
  reserve(name: string, expiresMs: number, businessId: string | undefined): void {
    this.cancel(name);
    this.#reserved.set(name, { expiresMs, businessId });
    this.#count(businessId, 1);
  }

  /** Gives a reservation back, if there is one, and tells whether there was. */
  cancel(name: string): boolean {
    const slot = this.#reserved.get(name);
    if (!slot) return false;
    this.#reserved.delete(name);
    this.#count(slot.businessId, -1);
    return true;
  }

  /** Hands a reservation on, from the name that it was made for to the call that it turned out to be. */
  assign(name: string, callSid: string): void {
    const slot = this.#reserved.get(name);
    if (!slot) return;
    this.cancel(name);
    if (!this.#live.has(callSid)) this.reserve(callSid, slot.expiresMs, slot.businessId);
  }

  /** A call is live; its reservation, if it had one, or the slot of its stream before, becomes the new stream's. */
  claim(callSid: string, businessId: string | undefined): LiveSlot {
    this.cancel(callSid);
    const before = this.#live.get(callSid);
    if (before) this.release(before);
    const slot = { callSid, businessId };
    this.#live.set(callSid, slot);
    this.#count(businessId, 1);
    return slot;
  }

  /** Gives a slot back, and tells whether it was still the stream's to give. */
  release(slot: LiveSlot): boolean {
    if (this.#live.get(slot.callSid) !== slot) return false;
    this.#count(slot.businessId, -1);
    return this.#live.delete(slot.callSid);
  }

  /** Turns a slot into a reservation. Does nothing where it is not the stream's any more. */
  hold(slot: LiveSlot, expiresMs: number): void {
    if (this.release(slot)) this.reserve(slot.callSid, expiresMs, slot.businessId);
  }

  /** Gives back the reservations whose time has come. */
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
