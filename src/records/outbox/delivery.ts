import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import { entryBusiness, entryCall, writtenAtMs } from "./entry_name.ts";
import type { Spool } from "./spool.ts";

/** Groups that are delivered at the same time, where an outbox says no other number. */
const MAX_AT_ONCE = 8;

/** How a {@link Delivery} empties its spool. */
export interface DeliveryOptions {
  /** Stable name in log events, such as `store`. */
  name: string;
  spool: Spool;
  /**
   * The group of an entry, by its name: after a failure the rest of its group waits. Default: all are one
   * group.
   */
  groupOf?: (name: string) => string;
  /** Groups that are delivered at the same time. Default 8. */
  atOnce?: number;
  /** Whether a failure is to be expected, and no warning. Default: none is. */
  isExpected?: (error: unknown) => boolean;
  /**
   * Delivers one text. When it throws, the text is tried again. `signal` is aborted when there is no time
   * left.
   */
  deliver: (text: string, entry: string, signal: AbortSignal) => Promise<void>;
  backoff: Backoff;
  /** How long a text is tried, in milliseconds; after that it is logged and deleted. Default: for ever. */
  maxAgeMs?: number;
  clock: Clock;
  log: Log;
  /** A number from 0 to 1. Default `Math.random`. */
  random?: () => number;
}

/** A group whose last delivery failed. */
interface Paused {
  failures: number;
  untilMs: number;
}

/**
 * Delivers the texts of a spool in order, each until it has arrived: at least once, and again after a crash
 * in between, so the receiver must recognise what it already has. After a failure the group pauses, longer
 * each time; then the next in line is tried first, so that no text blocks the others.
 */
export class Delivery implements AsyncDisposable {
  readonly #options: DeliveryOptions;
  readonly #paused = new Map<string, Paused>();
  /** Delivered, but not deleted yet, as on a disk that refuses changes: not to be delivered again. */
  readonly #delivered = new Set<string>();
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isAwake = false;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Looks for texts in the spool. Resolves when all that could be delivered now has been. Never rejects. */
  wake(): Promise<void> {
    this.#isAwake = true;
    return this.#running ??= this.#run();
  }

  /** Starts nothing more, and waits for what is on its way. The rest stays in the spool. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#running;
  }

  /** Starts nothing more, and breaks off what is on its way: it stays in the spool. */
  async abort(): Promise<void> {
    this.#close();
    this.#abort.abort();
    await this.#running;
  }

  #close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { name, log } = this.#options;
    try {
      while (this.#isAwake && !this.#isClosed) {
        this.#isAwake = false;
        await this.#pass();
      }
    } catch (error) {
      log.error("outbox_unreadable", { outbox: name, message: messageOf(error) });
      this.#pause("", (this.#paused.get("")?.failures ?? 0) + 1);
    } finally {
      this.#running = undefined;
    }
    this.#schedule();
  }

  /** Every group that is not paused, several at a time. */
  async #pass(): Promise<void> {
    const { clock, spool, groupOf, atOnce = MAX_AT_ONCE } = this.#options;
    const now = clock.now();
    // Most of a long outage: listing the folder would be in vain.
    if (!groupOf && this.#isPaused("", now)) return;
    const groups = Map.groupBy(await spool.names(), (name) => groupOf?.(name) ?? "");
    for (const group of this.#paused.keys()) if (!groups.has(group)) this.#paused.delete(group);
    const due = [...groups].filter(([group]) => !this.#isPaused(group, now)).values();
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (const [group, names] of due) await this.#deliverGroup(group, names);
    }));
  }

  async #deliverGroup(group: string, names: readonly string[]): Promise<void> {
    const first = (this.#paused.get(group)?.failures ?? 0) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      if (this.#isClosed) return;
      try {
        await this.#deliver(name);
        this.#paused.delete(group);
      } catch (error) {
        return this.#onFailure(group, name, error);
      }
    }
  }

  async #deliver(name: string): Promise<void> {
    const { spool, deliver } = this.#options;
    if (!this.#delivered.has(name)) {
      const text = await spool.text(name);
      if (text === undefined) return;
      await deliver(text, name, this.#abort.signal);
      this.#delivered.add(name);
    }
    await spool.remove(name);
    this.#delivered.delete(name);
  }

  #onFailure(group: string, name: string, error: unknown): void {
    const { spool, log, maxAgeMs = Infinity, clock } = this.#options;
    const failures = (this.#paused.get(group)?.failures ?? 0) + 1;
    const about = {
      call: entryCall(name),
      outbox: this.#options.name,
      waiting: spool.size,
      message: messageOf(error),
    };
    const isDelivered = this.#delivered.has(name);
    if (!isDelivered && clock.epoch() - writtenAtMs(name) > maxAgeMs) {
      log.error("delivery_given_up", { ...about, business: entryBusiness(name) });
      this.#delivered.add(name); // there is nothing to be done but to delete it
      this.#isAwake = true;
      return;
    }
    const retryMs = this.#pause(group, failures);
    const again = { ...about, failures, retryMs: Math.round(retryMs) };
    if (this.#options.isExpected?.(error)) log.debug("delivery_too_early", again);
    else log.warn("delivery_failed", again);
  }

  #isPaused(group: string, nowMs: number): boolean {
    return (this.#paused.get(group)?.untilMs ?? 0) > nowMs;
  }

  #pause(group: string, failures: number): number {
    const { backoff, clock, random = Math.random } = this.#options;
    const retryMs = backoffMs(backoff, failures, random());
    this.#paused.set(group, { failures, untilMs: clock.now() + retryMs });
    return retryMs;
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.#isClosed || this.#paused.size === 0) return;
    const nextMs = Math.min(...[...this.#paused.values()].map(({ untilMs }) => untilMs));
    const { clock } = this.#options;
    this.#timer = after(clock, Math.max(0, nextMs - clock.now()), () => void this.wake());
  }
}
