import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import { entryBusiness, entryCall, writtenAtMs } from "./entry_name.ts";
import type { Spool } from "./spool.ts";

/** Groups that are delivered at the same time, where an outbox says no other number. */
const MAX_AT_ONCE = 8;
/** A group that has been delivered from for so long makes room for one that waits. */
const TURN_MS = 10_000;

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
 * each time; then the next in line is tried first, so that no text blocks the others. Nor does a group that
 * takes long for each: what comes for another meanwhile does not wait for it.
 */
export class Delivery implements AsyncDisposable {
  readonly #options: DeliveryOptions;
  readonly #paused = new Map<string, Paused>();
  /** Delivered, but not deleted yet, as on a disk that refuses changes: not to be delivered again. */
  readonly #delivered = new Set<string>();
  readonly #abort = new AbortController();
  /** Groups that are being delivered, each with the last name that it had when it began. */
  readonly #busy = new Map<string, { delivered: Promise<void>; last: string | undefined }>();
  /** Those that are next, with what they had when it was looked last. */
  #due: [group: string, names: readonly string[]][] = [];
  /** When each group had its last turn. */
  readonly #turns = new Map<string, number>();
  /** A group that is busy has more than it had when it began. */
  #hasMore = false;
  #woken = Promise.withResolvers<void>();
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
    this.#woken.resolve();
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
      while (!this.#isClosed && (this.#isAwake || this.#busy.size > 0)) {
        if (this.#isAwake) await this.#look();
        else await Promise.race([this.#woken.promise, ...this.#deliveries]);
      }
    } catch (error) {
      log.error("outbox_unreadable", { outbox: name, message: messageOf(error) });
      this.#pause("", (this.#paused.get("")?.failures ?? 0) + 1);
    } finally {
      while (this.#busy.size > 0) await Promise.all(this.#deliveries);
      this.#running = undefined;
    }
    this.#schedule();
  }

  /** Looks for groups that are not paused, and begins with those that had their turn longest ago. */
  async #look(): Promise<void> {
    const { clock, spool, groupOf } = this.#options;
    this.#isAwake = false;
    this.#woken = Promise.withResolvers();
    const now = clock.now();
    this.#hasMore = !groupOf && this.#busy.size > 0;
    // Most of a long outage, or of a long delivery: listing the folder would be in vain.
    if (!groupOf && (this.#isPaused("", now) || this.#hasMore)) return;
    const groups = Map.groupBy(await spool.names(), (name) => groupOf?.(name) ?? "");
    this.#hasMore = [...this.#busy].some(([group, { last }]) => groups.get(group)?.at(-1) !== last);
    for (const known of [this.#paused, this.#turns]) {
      for (const group of known.keys()) if (!groups.has(group)) known.delete(group);
    }
    const turnOf = ([group]: [string, unknown]) => this.#turns.get(group) ?? 0;
    this.#due = [...groups].filter(([group]) => !this.#busy.has(group) && !this.#isPaused(group, now))
      .sort((a, b) => turnOf(a) - turnOf(b));
    this.#begin();
    this.#schedule(now);
  }

  get #deliveries() {
    return [...this.#busy.values()].map(({ delivered }) => delivered);
  }

  /** Delivers those that are due, several at a time. */
  #begin(): void {
    const { clock, atOnce = MAX_AT_ONCE } = this.#options;
    while (this.#busy.size < atOnce && !this.#isClosed) {
      const [group, names] = this.#due.shift() ?? [];
      if (group === undefined || names === undefined) return;
      const delivered = this.#deliverGroup(group, names).then((isLeft) => {
        this.#busy.delete(group);
        this.#turns.set(group, clock.now());
        this.#isAwake ||= isLeft || this.#hasMore;
        this.#begin();
      });
      this.#busy.set(group, { delivered, last: names.at(-1) });
    }
  }

  /** Resolves with whether the group has made room for another one. */
  async #deliverGroup(group: string, names: readonly string[]): Promise<boolean> {
    const { clock } = this.#options;
    const startMs = clock.now();
    const first = (this.#paused.get(group)?.failures ?? 0) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      if (this.#isClosed) return false;
      if (this.#due.length > 0 && clock.now() - startMs >= TURN_MS) return true;
      try {
        await this.#deliver(name);
        this.#paused.delete(group);
      } catch (error) {
        this.#onFailure(group, name, error);
        return false;
      }
    }
    return false;
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
    this.#schedule(clock.now());
    return retryMs;
  }

  /** @param afterMs groups whose pause was over by then have been looked at. Default: none has */
  #schedule(afterMs = -Infinity): void {
    this.#timer?.cancel();
    const ends = [...this.#paused.values()].map(({ untilMs }) => untilMs).filter((ms) => ms > afterMs);
    if (this.#isClosed || ends.length === 0) return;
    const nextMs = Math.min(...ends);
    const { clock } = this.#options;
    this.#timer = after(clock, Math.max(0, nextMs - clock.now()), () => void this.wake());
  }
}
