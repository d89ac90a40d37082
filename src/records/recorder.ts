import type { Business, RecordSettings } from "../businesses/business.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import type { Log } from "../observability/log.ts";
import { backoffMs } from "../util/backoff.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { tightenDataFolder } from "../util/private_files.ts";
import { settledWithin } from "../util/settled_within.ts";
import { type CallNote, type NoteReason, noteRecord } from "./call_note.ts";
import type { CallRecord } from "./call_record.ts";
import { completeRecord } from "./complete_record.ts";
import type { HourFigures } from "./hour_figures.ts";
import type { FoundRecord, RecordsWaiting } from "./found_record.ts";
import { LiveRecords } from "./live_records.ts";
import { entryId, entryName } from "./outbox/entry_name.ts";
import { type HeldRecord, HeldRecords } from "./outbox/held_records.ts";
import { Outbox, type WaitingRecord } from "./outbox/outbox.ts";
import { MessageErrands, type MessageServices } from "./recordings/message_errands.ts";
import { recordingSid } from "./recordings/recording_store.ts";
import {
  mergeRecords,
  type RecordPage,
  type RecordQuery,
  RecordRefusedError,
  type RecordStore,
  type Spent,
} from "./record_store.ts";
import { isNeeded, prepareRecord } from "./prepare_record.ts";
import { sendRecord } from "./record_webhook.ts";
import { type OutgoingRecord, splitMessages } from "./whole_messages.ts";

/** Until the first deletion of expired records, so that a server that is restarted often deletes them too. */
const FIRST_SWEEP_MS = 60_000;
/** Between two deletions: a record is deleted at most this late. Until then the store hides it. */
const SWEEP_MS = 3_600_000;
/** The reason of a call whose end no process saw, and the one of its checkpoints. */
const SERVER_DIED = "server_died";
const IN_PROGRESS = "in_progress";
/** Between two tries to take up what earlier processes left, on a disk that fails. */
const START_BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/**
 * How long the end of the process waits for each step: less than four seconds in all, on a disk that stands
 * still.
 */
const CLOSING_MS = { writing: 1_000, held: 500, checkpoints: 500, messages: 200, storing: 1_800 };
/** Of the last step, for records to be stored. The rest is for what has begun to be broken off. */
const LAST_CHANCE_MS = 1_500;

/** Runs `use` with the store, which is opened first where it is closed. */
export type WithStore = <Result>(use: (store: RecordStore) => Promise<Result>) => Promise<Result>;

/** What a {@link Recorder} works with. */
export interface RecorderOptions {
  /** Folder of all data. Records wait in `outbox`, checkpoints of calls in progress are in `live`. */
  dataDir: string;
  withStore: WithStore;
  /** What a business wishes now, even if it has been removed since. */
  settingsOf: (businessId: string) => RecordSettings;
  /** What becomes of the recordings of messages. Default: they stay where they are. */
  messages?: MessageServices;
  /** What webhooks go out by. Default: to public addresses only. */
  requests?: GuardedRequests;
  clock: Clock;
  log: Log;
}

/** A call in progress that is being recorded. */
export interface RecordedCall {
  /**
   * The call is over. Resolves when its record is on the disk, or held in memory until it is. Never rejects.
   */
  ended(record: OutgoingRecord): Promise<void>;
}

/** How long a call waits to be told how many there were before it: somebody is listening to silence. */
const COUNT_WITHIN_MS = 150;

/**
 * Keeps the records of calls, whatever happens: by checkpoints while a call lasts, then in the outbox on the
 * disk, from where they go to the store and then to the webhook of the business. None of this delays or ends
 * a call.
 */
export class Recorder implements AsyncDisposable {
  readonly #options: RecorderOptions;
  readonly #live: LiveRecords;
  readonly #outbox: Outbox;
  readonly #held: HeldRecords;
  readonly #errands: MessageErrands | undefined;
  readonly #pending = new Set<Promise<void>>();
  #sweep: Timer | undefined;
  #startAgain: Timer | undefined;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    const { dataDir, clock, log } = options;
    this.#options = options;
    this.#live = new LiveRecords({ folder: `${dataDir}/live`, clock, log });
    this.#outbox = new Outbox({
      folder: `${dataDir}/outbox`,
      store: (record) => this.#store(record),
      hasWebhook: ({ business, reason }) =>
        reason !== ("waiting" satisfies NoteReason) && options.settingsOf(business).webhook !== undefined,
      send: (record, delivery, signal) => this.#send(record, delivery, signal),
      clock,
      log,
    });
    this.#held = new HeldRecords({
      put: ({ record, name }) => this.#outbox.put(record, name),
      deliver: ({ record, name }) => this.#outbox.deliverNow(record, name),
      onSafe: ({ name }) => this.#live.ended(entryId(name)),
      clock,
      log,
    });
    const { messages, settingsOf } = options;
    this.#errands = messages && new MessageErrands({
      ...messages,
      folder: `${dataDir}/outbox`,
      settingsOf,
      finish: (record, id) => this.#outbox.put(record, entryName(clock.epoch(), id, record)),
      clock,
      log,
    });
    this.#scheduleSweep(FIRST_SWEEP_MS);
  }

  /**
   * Takes up what earlier processes left: records that have not arrived, calls whose end they did not see.
   * Logs when the folder cannot be used; calls are accepted all the same.
   */
  start(): Promise<void> {
    return this.#track(this.#start());
  }

  /** A call has begun. @param snapshot its record as it would be if it ended now; not redacted */
  begun(settings: RecordSettings, snapshot: () => OutgoingRecord): RecordedCall {
    if (!isNeeded(settings)) return { ended: () => Promise.resolve() };
    const key = crypto.randomUUID();
    this.#live.begun(key, () => prepareRecord(snapshot(), settings));
    return { ended: (record) => this.#track(this.#ended(key, record, settings)) };
  }

  /**
   * Something is known of a call apart from its streams: it goes into the call's record. The business is not
   * told of a caller who still waits in line. Resolves when it is on the disk, or held in memory until it is.
   * Never rejects.
   */
  noted(settings: RecordSettings, note: CallNote): Promise<void> {
    const isKept = note.reason === "waiting" ? settings.retentionDays > 0 : isNeeded(settings);
    if (!isKept || this.#isClosed) return Promise.resolve();
    return this.#track(this.#note(settings, note));
  }

  /** Resolves when what is known by now is on the disk, or held in memory until it is. Never rejects. */
  async written(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  /**
   * The record of a call that is over, also while it waits, here or in another process that shares the
   * folder; undefined when there is none (yet).
   * @throws when it does not wait and the store is out of reach
   */
  async get(callSid: string): Promise<FoundRecord | undefined> {
    const held = this.#held.all().filter(({ record }) => record.callSid === callSid);
    const waiting: (WaitingRecord | { record: CallRecord; waitsFor: "disk" })[] = held.map(({ record }) => ({
      record,
      waitsFor: "disk",
    }));
    // Before the store: what moves there meanwhile is found twice, not missed.
    waiting.push(...await this.#outbox.find(callSid));
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
    return sid === undefined ? undefined : await this.#options.messages?.store.get(sid);
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

  /** Records of calls that are over and have not arrived, as far as this process knows. */
  get waiting(): RecordsWaiting {
    return { disk: this.#held.size, ...this.#outbox.waiting, recording: this.#errands?.size ?? 0 };
  }

  /**
   * Waits until everything is on the disk, for a few seconds at most. What has not been delivered is taken up
   * at the next start. Never rejects.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#sweep?.cancel();
    this.#startAgain?.cancel();
    await this.#close("writing", async () => {
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    });
    await this.#close("held", () => this.#held.close());
    this.#leaveHeld();
    await this.#close("checkpoints", () => this.#live[Symbol.asyncDispose]());
    await this.#close("messages", () => this.#errands?.close() ?? Promise.resolve());
    await this.#close("storing", () => this.#outbox.close(LAST_CHANCE_MS));
  }

  async #close(step: keyof typeof CLOSING_MS, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    const ms = CLOSING_MS[step];
    const failed = (message: string) => log.error("records_closing_failed", { step, message });
    const done = work().catch((error) => failed(messageOf(error)));
    if (!await settledWithin(clock, ms, done)) failed(`It takes longer than ${ms} ms.`);
  }

  /** What memory holds goes with the process; where there is a checkpoint, that stays. */
  #leaveHeld(): void {
    for (const { name, record } of this.#held.all()) this.#leave(name, record, "the process ends");
  }

  #leave(name: string, { callSid, business }: CallRecord, message: string): void {
    const about = { call: callSid, business, message };
    if (this.#live.left(entryId(name))) this.#options.log.error("record_left", about);
    else this.#options.log.error("record_lost", about);
  }

  async #start(failures = 0): Promise<void> {
    const { dataDir, clock, log } = this.#options;
    try {
      if (failures === 0) await this.#tighten();
      await this.#outbox.open();
      await this.#live.recover((record, key) => this.#adopt(record, key));
      await this.#errands?.open();
      if (failures > 0) log.info("data_folder_usable", { folder: dataDir });
    } catch (error) {
      if (failures === 0) {
        log.error("data_folder_unusable", {
          folder: dataDir,
          message: messageOf(error),
          meaning: "records of calls wait in memory, and are lost when this process dies",
        });
      }
      if (this.#isClosed) return;
      const delayMs = backoffMs(START_BACKOFF, failures + 1, Math.random());
      this.#startAgain = after(clock, delayMs, () => void this.#track(this.#start(failures + 1)));
    }
  }

  async #tighten(): Promise<void> {
    const { dataDir, log } = this.#options;
    const { tightened, failed } = await tightenDataFolder(dataDir);
    if (tightened > 0) log.info("data_folder_tightened", { folder: dataDir, files: tightened });
    if (failed > 0) {
      const meaning = "other users of this machine may read what calls are about";
      log.warn("data_folder_open", { folder: dataDir, files: failed, meaning });
    }
  }

  /** Takes up the checkpoint of a call that another process did not bring to its end, or not to the disk. */
  async #adopt(record: CallRecord, key: string): Promise<void> {
    const { clock, log } = this.#options;
    if (await this.#outbox.has(key)) return; // the process died after it had written the whole record
    const isWhole = record.reason !== IN_PROGRESS;
    log.warn("call_recovered", { call: record.callSid, business: record.business, isWhole });
    const adopted = isWhole ? record : { ...record, reason: SERVER_DIED, isPartial: true };
    await this.#outbox.put(adopted, entryName(clock.epoch(), key, record));
  }

  async #note(settings: RecordSettings, note: CallNote): Promise<void> {
    const record = await this.#errands?.begin(settings, note) ?? noteRecord(note);
    await this.#ended(crypto.randomUUID(), record, settings);
  }

  async #ended(key: string, raw: OutgoingRecord, settings: RecordSettings): Promise<void> {
    const { clock, log } = this.#options;
    const record = await prepareRecord(raw, settings);
    const name = entryName(clock.epoch(), key, record);
    try {
      await this.#outbox.put(record, name);
    } catch (error) {
      const about = { call: record.callSid, business: record.business };
      log.error("outbox_failed", { ...about, message: messageOf(error) });
      return await this.#hold({ name, record });
    }
    await this.#live.ended(key);
  }

  /** Keeps a record in memory, and in its checkpoint if possible, until it is safe. */
  async #hold(held: HeldRecord): Promise<void> {
    if (!this.#held.hold(held)) return this.#leave(held.name, held.record, "memory holds too many records");
    this.#live.became(entryId(held.name), held.record);
    await this.#held.save();
  }

  #isExpired({ expiresAt }: CallRecord): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= this.#options.clock.epoch();
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

  async #send(record: CallRecord, delivery: string, signal?: AbortSignal): Promise<void> {
    const { settingsOf, clock, requests = new GuardedRequests() } = this.#options;
    const webhook = settingsOf(record.business).webhook;
    if (webhook) await sendRecord(webhook, record, delivery, clock, requests, signal);
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
      const recordings = await this.#options.messages?.store.deleteExpired(clock.epoch()) ?? 0;
      if (recordings > 0) log.info("recordings_expired", { recordings });
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
