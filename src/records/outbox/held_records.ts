import type { Log } from "../../observability/log.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { CallRecord } from "../call_record.ts";

/** Records that memory holds while the disk takes none. */
export const MAX_HELD = 1_000;
/** Their length in all, as JSON text. */
const MAX_HELD_CHARS = 32 * 2 ** 20;
/** Between two tries. A disk is cheap to ask, and a record in memory is gone when the process dies. */
const RETRY: Backoff = { firstMs: 1_000, maxMs: 15_000 };

/** A record in memory. */
export interface HeldRecord {
  /** Its name in the outbox. */
  readonly name: string;
  readonly record: CallRecord;
}

/** What {@link HeldRecords} work with. */
export interface HeldRecordsOptions {
  /** Writes a record to the outbox. */
  put: (held: HeldRecord) => Promise<void>;
  /** Delivers it without the outbox. */
  deliver: (held: HeldRecord) => Promise<void>;
  /** One is safe elsewhere, and let go of here. */
  onSafe: (held: HeldRecord) => Promise<void>;
  clock: Clock;
  log: Log;
}

/**
 * Records of calls that ended while the disk took none: each is tried again, on the disk and past it, until
 * it is safe. A bounded number; one more is refused.
 */
export class HeldRecords {
  readonly #options: HeldRecordsOptions;
  readonly #held = new Map<string, HeldRecord & { readonly chars: number }>();
  #chars = 0;
  #failures = 0;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isAwake = false;
  #isClosed = false;

  constructor(options: HeldRecordsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  /** What is held, oldest first. */
  all(): HeldRecord[] {
    return [...this.#held.values()];
  }

  /** Holds a record. False when there is no room for it, or no time. */
  hold(held: HeldRecord): boolean {
    const chars = JSON.stringify(held.record).length;
    if (this.#isClosed || this.#held.size >= MAX_HELD || this.#chars + chars > MAX_HELD_CHARS) return false;
    this.#held.set(held.name, { ...held, chars });
    this.#chars += chars;
    return true;
  }

  /** Tries all of them. Resolves when those that could be saved now are. Never rejects. */
  save(): Promise<void> {
    this.#isAwake = true;
    return this.#running ??= this.#run();
  }

  /** Holds no more from now on, and tries what is held no more after `save` was asked for one last time. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    return this.save();
  }

  async #run(): Promise<void> {
    while (this.#isAwake) {
      this.#isAwake = false;
      await this.#pass();
    }
    this.#running = undefined;
    this.#timer?.cancel();
    if (this.#isClosed || this.#held.size === 0) return;
    const { clock } = this.#options;
    this.#timer = after(clock, backoffMs(RETRY, ++this.#failures, Math.random()), () => void this.save());
  }

  async #pass(): Promise<void> {
    const { put, deliver } = this.#options;
    for (const held of this.all()) await this.#try(held, put);
    // All share the store, so that the first failure tells of it; the next time another one is first.
    for (const held of this.all()) {
      if (await this.#try(held, deliver)) continue;
      const moved = this.#held.get(held.name);
      if (moved && this.#held.delete(held.name)) this.#held.set(held.name, moved);
      return;
    }
  }

  async #try(held: HeldRecord, save: (held: HeldRecord) => Promise<void>): Promise<boolean> {
    const { onSafe, log } = this.#options;
    try {
      await save(held);
    } catch (error) {
      log.debug("record_held", { call: held.record.callSid, message: messageOf(error) });
      return false;
    }
    this.#failures = 0;
    this.#chars -= this.#held.get(held.name)?.chars ?? 0;
    this.#held.delete(held.name);
    await onSafe(held);
    return true;
  }
}
