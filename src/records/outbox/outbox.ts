import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { settledWithin } from "../../util/deadline.ts";
import type { CallRecord } from "../call_record.ts";
import { type OutgoingRecord, splitMessages } from "../whole_messages.ts";
import { Delivery } from "./delivery.ts";
import { entryBusiness, entryCall, entryId } from "./entry_name.ts";
import { Spool } from "./spool.ts";
import { parseRecord } from "../parse_record.ts";

/**
 * Records that may wait for the store, and records that may wait for webhooks. A day of 400 calls an hour.
 */
export const MAX_WAITING = 10_000;
/** Bytes that each of the two may have. */
const MAX_WAITING_BYTES = 512 * 2 ** 20;
/** All businesses share the store, and it comes back: it is tried for ever. */
const STORE_BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** A webhook is tried for a day. */
const WEBHOOK_BACKOFF = { firstMs: 2_000, maxMs: 15 * 60_000 };
const WEBHOOK_MAX_AGE_MS = 24 * 3_600_000;

/** What an {@link Outbox} works with. */
export interface OutboxOptions {
  folder: string;
  /** Writes a record and returns it as it is then. Writing twice must be writing once. */
  store: (record: CallRecord) => Promise<CallRecord>;
  hasWebhook: (record: CallRecord) => boolean;
  /**
   * Sends a record to its business.
   * @param delivery the same whenever it is sent again
   * @param signal breaks it off
   */
  send: (record: CallRecord, delivery: string, signal?: AbortSignal) => Promise<void>;
  clock: Clock;
  log: Log;
}

/** How many records wait for the store and for webhooks. */
export type OutboxLengths = {
  readonly store: number;
  readonly webhook: number;
};

/** A record that waits, and what for. */
export interface WaitingRecord {
  readonly record: CallRecord;
  readonly waitsFor: keyof OutboxLengths;
}

/**
 * Delivers records to the store, and from there to the webhooks of their businesses, without losing one. Both
 * queues are on the disk and bounded; a record that does not fit is refused. One that is not kept goes to the
 * webhook only.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #toStore: Spool;
  readonly #toWebhook: Spool;
  readonly #storing: Delivery;
  readonly #sending: Delivery;

  constructor(options: OutboxOptions) {
    const { folder, clock, log } = options;
    const bounds = { maxFiles: MAX_WAITING, maxBytes: MAX_WAITING_BYTES, nowMs: () => clock.epoch() };
    this.#options = options;
    this.#toStore = new Spool({ folder: `${folder}/store`, ...bounds });
    this.#toWebhook = new Spool({ folder: `${folder}/webhook`, ...bounds });
    this.#storing = new Delivery({
      name: "store",
      spool: this.#toStore,
      deliver: (text, name) => this.#onText(text, name, (record) => this.#store(record, name)),
      backoff: STORE_BACKOFF,
      clock,
      log,
    });
    this.#sending = new Delivery({
      name: "webhook",
      spool: this.#toWebhook,
      groupOf: entryBusiness,
      deliver: (text, name, signal) =>
        this.#onText(text, name, (record) => options.send(record, entryId(name), signal)),
      backoff: WEBHOOK_BACKOFF,
      maxAgeMs: WEBHOOK_MAX_AGE_MS,
      clock,
      log,
    });
  }

  get waiting(): OutboxLengths {
    return { store: this.#toStore.size, webhook: this.#toWebhook.size };
  }

  /** Makes the folders and starts to deliver what waits in them. @throws when they cannot be used */
  async open(): Promise<void> {
    await this.#toStore.check();
    await this.#toWebhook.check();
    void this.#storing.wake();
    void this.#sending.wake();
  }

  /**
   * Queues a record. Resolves when it is on the disk.
   * @param name by `entryName`; the same when it is tried again
   * @throws {AppError} `outbox_full`; or whatever the disk fails with
   */
  async put(record: CallRecord, name: string): Promise<void> {
    const isKept = record.expiresAt !== null;
    if (isKept) await this.#toStore.put(name, JSON.stringify(record));
    else await this.#putToSend(name, record);
    void (isKept ? this.#storing : this.#sending).wake();
  }

  /**
   * Delivers a record without the disk, or as far as the disk has room again. @throws when a part of it fails
   */
  async deliverNow(record: CallRecord, name: string): Promise<void> {
    if (record.expiresAt !== null) return await this.#store(record, name);
    if (this.#options.hasWebhook(record)) await this.#options.send(record, entryId(name));
  }

  /** Whether a record of that id waits, as far as this process knows. */
  async has(id: string): Promise<boolean> {
    const names = [...await this.#toStore.names(), ...await this.#toWebhook.names()];
    return names.some((name) => entryId(name) === id);
  }

  /** What waits of a call, whichever process has put it there. @throws when the disk cannot be read */
  async find(callSid: string): Promise<WaitingRecord[]> {
    const found: WaitingRecord[] = [];
    for (const [waitsFor, spool] of [["store", this.#toStore], ["webhook", this.#toWebhook]] as const) {
      for (const name of await spool.namesOnDisk()) {
        if (entryCall(name) !== callSid) continue;
        const text = await spool.text(name);
        if (text !== undefined) {
          await this.#onText(text, name, (record) => void found.push({ record, waitsFor }));
        }
      }
    }
    return found;
  }

  /**
   * Stores the last records if that takes no longer than `ms`, and breaks off the rest: it waits for the next
   * process.
   */
  async close(ms: number): Promise<void> {
    const { clock } = this.#options;
    await settledWithin(clock, ms, this.#storing.wake());
    await Promise.all([this.#storing.abort(), this.#sending.abort()]);
  }

  async #store(record: OutgoingRecord, name: string): Promise<void> {
    const { store, hasWebhook, send, log, clock } = this.#options;
    const { record: kept, messages } = splitMessages(record);
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= clock.epoch()) return;
    const stored: OutgoingRecord = { ...await store(kept), messages };
    if (!hasWebhook(stored)) return;
    try {
      await this.#putToSend(name, stored);
    } catch (error) {
      // A disk that fails has room again later: until then the record stays where it is, and is sent from
      // there.
      if (!(error instanceof AppError)) return await send(stored, entryId(name));
      // The record is safe: webhooks that pile up must not keep other records out of the store.
      return log.error("webhook_lost", { call: record.callSid, message: messageOf(error) });
    }
    void this.#sending.wake();
  }

  /**
   * Where there is no room for a record that is to be sent, the business that has most of it makes some: one
   * whose webhook is away for long costs the others none of theirs.
   */
  async #putToSend(name: string, record: OutgoingRecord): Promise<void> {
    const text = JSON.stringify(record);
    for (;;) {
      try {
        return await this.#toWebhook.put(name, text);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const { makeRoom } = await import("./make_room.ts"); // no server may ever need it
        const lost = await makeRoom(this.#toWebhook, entryBusiness, record.business);
        if (lost === undefined) throw error;
        const about = { call: entryCall(lost), business: entryBusiness(lost), message: messageOf(error) };
        this.#options.log.error("webhook_lost", about);
      }
    }
  }

  /** A file that holds no record is logged and dropped. */
  async #onText(
    text: string,
    name: string,
    use: (record: CallRecord) => Promise<void> | void,
  ): Promise<void> {
    let record: CallRecord;
    try {
      record = parseRecord(text);
    } catch (error) {
      const about = { call: entryCall(name), message: messageOf(error) };
      return this.#options.log.error("outbox_entry_unreadable", about);
    }
    await use(record);
  }
}
