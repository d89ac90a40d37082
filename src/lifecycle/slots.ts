/**
 * Who has a slot: calls that are live, and reservations, which expire. Each is counted once, and with the business that it
 * belongs to. Knows no limits; who sets them keeps both maps bounded.
 */
export class Slots {
  /** A CallSid, or a name given before there is one. */
  readonly #reserved = new Map<string, { expiresMs: number; businessId: string | undefined }>();
  /** Business by CallSid. */
  readonly #live = new Map<string, string | undefined>();
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

  /** A call is live; its reservation, if it had one, becomes its slot. */
  claim(callSid: string, businessId: string | undefined): void {
    this.cancel(callSid);
    this.#live.set(callSid, businessId);
    this.#count(businessId, 1);
  }

  /** Gives a live call's slot back, if it has one, and tells whether it had. */
  release(callSid: string): boolean {
    if (!this.#live.has(callSid)) return false;
    this.#count(this.#live.get(callSid), -1);
    return this.#live.delete(callSid);
  }

  /** Turns a live call's slot into a reservation. Does nothing to a call that is not live. */
  hold(callSid: string, expiresMs: number): void {
    const businessId = this.#live.get(callSid);
    if (this.release(callSid)) this.reserve(callSid, expiresMs, businessId);
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
