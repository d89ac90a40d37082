import type { RecordSettings } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import type { CallRecord } from "./call_record.ts";
import { LiveRecords } from "./live_records.ts";
import { Outbox, type OutboxLengths } from "./outbox/outbox.ts";
import { RecordRefusedError, type RecordStore, type Spent } from "./record_store.ts";
import { redactRecord } from "./redact_record.ts";
import { sendRecord } from "./record_webhook.ts";

/** Until the first deletion of expired records, so that a server that is restarted often deletes them too. */
const FIRST_SWEEP_MS = 60_000;
/** Between two deletions: a record is deleted at most this late. Until then the store hides it. */
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The reason of a call whose end no process saw. */
const SERVER_DIED = "server_died";

/** Runs `use` with the store, which is opened first where it is closed. */
export type WithStore = <Result>(use: (store: RecordStore) => Promise<Result>) => Promise<Result>;

/** What a {@link Recorder} works with. */
export interface RecorderOptions {
  /** Folder of all data. Records wait in `outbox`, checkpoints of calls in progress are in `live`. */
  dataDir: string;
  withStore: WithStore;
  /** What a business wishes now, even if it has been removed since. */
  settingsOf: (businessId: string) => RecordSettings;
  clock: Clock;
  log: Log;
}

/** A call in progress that is being recorded. */
export interface RecordedCall {
  /** The call is over. Resolves when its record is on the disk, or lost and the loss logged. Never rejects. */
  ended(record: CallRecord): Promise<void>;
}

/**
 * Keeps the records of calls, whatever happens: by checkpoints while a call lasts, then in the outbox on the disk, from where
 * they go to the store and then to the webhook of the business. None of this delays or ends a call.
 */
export class Recorder implements AsyncDisposable {
  readonly #options: RecorderOptions;
  readonly #live: LiveRecords;
  readonly #outbox: Outbox;
  readonly #pending = new Set<Promise<void>>();
  #sweep: Timer | undefined;

  constructor(options: RecorderOptions) {
    const { dataDir, clock, log } = options;
    this.#options = options;
    this.#live = new LiveRecords({ folder: `${dataDir}/live`, clock, log });
    this.#outbox = new Outbox({
      folder: `${dataDir}/outbox`,
      store: (record) => this.#store(record),
      hasWebhook: (record) => options.settingsOf(record.business).webhook !== undefined,
      send: (record, delivery) => this.#send(record, delivery),
      clock,
      log,
    });
    this.#scheduleSweep(FIRST_SWEEP_MS);
  }

  /**
   * Takes up what earlier processes left: records that have not arrived, calls whose end they did not see. Logs when the
   * folder cannot be used; calls are accepted all the same.
   */
  start(): Promise<void> {
    return this.#track(this.#start());
  }

  /** A call has begun. @param snapshot its record as it would be if it ended now; not redacted */
  begun(settings: RecordSettings, snapshot: () => CallRecord): RecordedCall {
    if (!isNeeded(settings)) return { ended: () => Promise.resolve() };
    const key = crypto.randomUUID();
    this.#live.begun(key, () => prepared(snapshot(), settings));
    return { ended: (record) => this.#track(this.#ended(key, prepared(record, settings))) };
  }

  /** The record of a call that is over; undefined when there is none (yet). @throws when the store is out of reach */
  get(callSid: string): Promise<CallRecord | undefined> {
    return this.#options.withStore((store) => store.get(callSid));
  }

  /**
   * What the calls of a business took that ended from `fromMs` to before `untilMs` (Unix time), as far as their records
   * are in the store; undefined, and logged, when that is out of reach.
   */
  async spent(business: string, fromMs: number, untilMs: number): Promise<Spent | undefined> {
    const { withStore, log } = this.#options;
    try {
      return await withStore((store) => store.spent(business, fromMs, untilMs));
    } catch (error) {
      const meaning = "what calls took before this process began does not count until it is known";
      log.warn("day_spending_unknown", { business, message: messageOf(error), meaning });
      return undefined;
    }
  }

  /** Records of calls that are over and have not arrived, as far as this process knows. */
  get waiting(): OutboxLengths {
    return this.#outbox.waiting;
  }

  /** Waits until everything is on the disk. What has not been delivered is taken up at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweep?.cancel();
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    await this.#live[Symbol.asyncDispose]();
    await this.#outbox[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const { dataDir, clock, log } = this.#options;
    try {
      await this.#outbox.open();
      await this.#live.recover(async (record) => {
        log.warn("call_recovered", { call: record.callSid, business: record.business });
        await this.#outbox.put({ ...record, reason: SERVER_DIED, isPartial: true }, clock.epoch());
      });
    } catch (error) {
      log.error("data_folder_unusable", {
        folder: dataDir,
        message: messageOf(error),
        meaning: "records of calls are lost while the store is out of reach, and when this process dies",
      });
    }
  }

  async #ended(key: string, record: CallRecord): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await this.#outbox.put(record, clock.epoch());
    } catch (error) {
      const about = { call: record.callSid, business: record.business };
      log.error("outbox_failed", { ...about, message: messageOf(error) });
      await this.#outbox.deliverNow(record).catch((error) =>
        log.error("record_lost", { ...about, message: messageOf(error) })
      );
    }
    await this.#live.ended(key);
  }

  /** The record as it is now in the store. */
  async #store(record: CallRecord): Promise<CallRecord> {
    try {
      return await this.#options.withStore((store) => store.put(record));
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      this.#options.log.error("record_lost", { call: record.callSid, message: messageOf(error.cause) });
      return record;
    }
  }

  async #send(record: CallRecord, delivery: string): Promise<void> {
    const { settingsOf, clock } = this.#options;
    const webhook = settingsOf(record.business).webhook;
    if (webhook) await sendRecord(webhook, record, delivery, clock);
  }

  #scheduleSweep(delayMs: number): void {
    this.#sweep = after(this.#options.clock, delayMs, () => {
      this.#scheduleSweep(SWEEP_MS);
      void this.#track(this.#deleteExpired());
    });
  }

  async #deleteExpired(): Promise<void> {
    const { withStore, clock, log } = this.#options;
    try {
      const records = await withStore((store) => store.deleteExpired(clock.epoch()));
      if (records > 0) log.info("records_expired", { records });
    } catch (error) {
      log.warn("retention_failed", { message: messageOf(error), meaning: "tried again within the hour" });
    }
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#pending.add(work);
    try {
      await work;
    } finally {
      this.#pending.delete(work);
    }
  }
}

/** Whether a record is kept or sent at all. */
function isNeeded({ retentionDays, webhook }: RecordSettings): boolean {
  return retentionDays > 0 || webhook !== undefined;
}

/** The record as the business wishes it: redacted, with its time of deletion. */
function prepared(record: CallRecord, { redact, retentionDays }: RecordSettings): CallRecord {
  const expiresAt = retentionDays === 0
    ? null
    : new Date(Date.parse(record.endedAt) + retentionDays * DAY_MS).toISOString();
  return { ...redactRecord(record, redact), expiresAt };
}
