import { after, type Clock, type Timer } from "../util/clock.ts";
import { settledWithin } from "../util/deadline.ts";
import type { ServiceReport } from "../observability/memory/memory_report.ts";
import type { ServiceKind } from "./service_kind.ts";

/** How long a service may take to close. After that it counts as closed, and nobody waits for it any more. */
export const CLOSE_TIMEOUT_MS = 10_000;

/** What a service tells its owner. None may throw. */
export interface HeldServiceEvents {
  /** It can be used. */
  onOpen(): void;
  /** Its creation threw: there is nothing to use or to close. */
  onOpenFailed(error: unknown): void;
  /** Nobody has used it for its idle time. */
  onIdle(): void;
  /** Closing it failed, or took too long (no error); it counts as closed all the same. */
  onCloseFailed(error: unknown): void;
}

/**
 * One service from its creation to its end, and how many use it. It goes from `opening` to `open` to
 * `closing` and never back: one that closes is not used again, a new one takes its place.
 */
export class HeldService<Service> {
  /** Settles when it can be used, or with what its creation threw. */
  readonly created: Promise<Service>;
  readonly #clock: Clock;
  readonly #events: HeldServiceEvents;
  #open: { readonly service: Service } | undefined;
  #closed: Promise<void> | undefined;
  #users = 0;
  #idleSinceMs: number;
  #idleTimer: Timer | undefined;

  constructor(
    readonly kind: ServiceKind<Service>,
    readonly businessId: string | undefined,
    clock: Clock,
    events: HeldServiceEvents,
  ) {
    this.#clock = clock;
    this.#events = events;
    this.#idleSinceMs = clock.now();
    this.created = this.#create();
    // Whoever waits for it gets the error; if nobody does, it must not count as unhandled.
    this.created.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#open !== undefined && this.#closed === undefined;
  }

  /** Open, and used by nobody. */
  get isIdle(): boolean {
    return this.isOpen && this.#users === 0;
  }

  /** Since when nobody uses it, by the clock's monotonic time. */
  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  /** Resolves when it is closed; undefined until somebody closes it. Never rejects. */
  get closed(): Promise<void> | undefined {
    return this.#closed;
  }

  /** Counts one more user. */
  use(): void {
    this.#users++;
    this.#idleTimer?.cancel();
  }

  /** Counts one user less. */
  release(): void {
    this.#users--;
    if (!this.isIdle) return;
    this.#idleSinceMs = this.#clock.now();
    if (this.kind.idleMs === Infinity) return;
    this.#idleTimer = after(this.#clock, this.kind.idleMs, () => this.#events.onIdle());
  }

  /** Closes it even while it is used; one that is still opening, as soon as it is open. Never rejects. */
  close(): Promise<void> {
    this.#idleTimer?.cancel();
    return this.#closed ??= this.#closeInTime();
  }

  report(): ServiceReport {
    return {
      name: this.kind.name,
      business: this.businessId ?? null,
      state: this.#closed ? "closing" : this.#open ? "open" : "opening",
      users: this.#users,
      idleMs: this.isIdle ? Math.round(this.#clock.now() - this.#idleSinceMs) : 0,
      measures: this.#open && this.isOpen ? this.kind.measure?.(this.#open.service) ?? {} : {},
    };
  }

  async #create(): Promise<Service> {
    await Promise.resolve(); // no event may come before the constructor has returned
    try {
      const service = await this.kind.create(this.businessId);
      this.#open = { service };
      this.#events.onOpen();
      return service;
    } catch (error) {
      this.#events.onOpenFailed(error);
      throw error;
    }
  }

  async #closeInTime(): Promise<void> {
    const isInTime = await settledWithin(this.#clock, CLOSE_TIMEOUT_MS, this.#close());
    if (!isInTime) this.#events.onCloseFailed(undefined);
  }

  async #close(): Promise<void> {
    let service: Service;
    try {
      service = await this.created;
    } catch {
      return; // reported by onOpenFailed; there is nothing to close
    }
    try {
      await this.kind.close?.(service);
    } catch (error) {
      this.#events.onCloseFailed(error);
    }
  }
}
