import type { Business } from "../businesses/business.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { settledWithin } from "../util/deadline.ts";
import type { CallRecord } from "./call_record.ts";
import { completeRecord } from "./complete_record.ts";
import type { FoundRecord, RecordsWaiting } from "./found_record.ts";
import type { HourFigures } from "./hour_figures.ts";
import {
  mergeRecords,
  type RecordPage,
  type RecordQuery,
  type Spent,
  type WithStore,
} from "./record_store.ts";
import { recordingSid, type RecordingStore } from "./recordings/recording_store.ts";
import { splitMessages } from "./whole_messages.ts";

/** How long a call waits to be told how many there were before it: somebody is listening to silence. */
const COUNT_WITHIN_MS = 150;

/** A record on its way to the store, and where it is. */
export interface WaitingPart {
  readonly record: CallRecord;
  readonly waitsFor: keyof RecordsWaiting;
}

/** What a {@link RecordReader} reads from. */
export interface RecordReaderOptions {
  withStore: WithStore;
  /** What of a call has not arrived in the store. */
  waiting: (callSid: string) => Promise<readonly WaitingPart[]>;
  /** Recordings of messages. Default: none are kept. */
  recordings?: RecordingStore;
  clock: Clock;
  log: Log;
}

/** Reads what has been kept of calls that are over. */
export class RecordReader {
  readonly #options: RecordReaderOptions;

  constructor(options: RecordReaderOptions) {
    this.#options = options;
  }

  /**
   * The record of a call that is over, also while it waits, here or in another process that shares the
   * folder; undefined when there is none (yet).
   * @throws when it does not wait and the store is out of reach
   */
  async get(callSid: string): Promise<FoundRecord | undefined> {
    // Before the store: what moves there meanwhile is found twice, not missed.
    const waiting = await this.#options.waiting(callSid);
    let found: CallRecord | undefined;
    try {
      found = await this.#options.withStore((store) => store.get(callSid));
    } catch (error) {
      if (waiting.length === 0) throw error;
    }
    for (const { record } of waiting) {
      if (!this.#isExpired(record)) found = mergeRecords(found, splitMessages(record).record);
    }
    return found &&
      { record: completeRecord(found), waitsFor: [...new Set(waiting.map(({ waitsFor }) => waitsFor))] };
  }

  /**
   * The recording of the last message of a call, as a WAV file; undefined when none is kept.
   * @throws when it is out of reach
   */
  async recordingOf(callSid: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const url = (await this.get(callSid))?.record.message?.recordingUrl;
    const sid = url === undefined ? undefined : recordingSid(url);
    return sid === undefined ? undefined : await this.#options.recordings?.get(sid);
  }

  /**
   * A page of the records that are in the store, newest first; undefined when the store lists none.
   * @throws when the store is out of reach
   */
  async list(query: RecordQuery): Promise<RecordPage | undefined> {
    const page = await this.#options.withStore(async (store) => await store.list?.(query));
    return page && { ...page, records: page.records.map(completeRecord) };
  }

  /**
   * What calls took that began within a time, by the hour and the business; undefined when the store does not
   * say.
   * @throws when the store is out of reach
   */
  hours(since: string, until: string): Promise<readonly HourFigures[] | undefined> {
    return this.#options.withStore(async (store) => await store.hours?.(since, until));
  }

  /**
   * What the calls of a business took that ended from `fromMs` to before `untilMs` (Unix time), as far as
   * their records are in the store; undefined, and logged, when that is out of reach.
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

  /**
   * How many earlier calls with a number a business has on record, up to `most`; undefined where its settings
   * keep no numbers, or when the store does not say in time. Never rejects.
   *
   * @param number in E.164
   */
  async countCalls(
    { id, records }: Pick<Business, "id" | "records">,
    { number, callSid, most }: { number: string; callSid: string; most: number },
  ): Promise<number | undefined> {
    if (records.retentionDays === 0 || records.redact.includes("caller")) return undefined;
    const { withStore, clock, log } = this.#options;
    let calls: number | undefined;
    const counted = withStore(async (store) => {
      calls = await store.countCalls?.(id, number, callSid, most);
    }).catch((error) =>
      log.warn("earlier_calls_unknown", { call: callSid, business: id, message: messageOf(error) })
    );
    await settledWithin(clock, COUNT_WITHIN_MS, counted);
    return calls;
  }

  #isExpired({ expiresAt }: CallRecord): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= this.#options.clock.epoch();
  }
}
