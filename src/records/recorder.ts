import type { RecordSettings } from "../businesses/business.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import type { Log } from "../observability/log.ts";
import { backoffMs } from "../util/backoff.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { tightenDataFolder } from "../util/private_files.ts";
import { settledWithin } from "../util/deadline.ts";
import { type CallNote, type NoteReason, noteRecord } from "./call_note.ts";
import type { CallRecord } from "./call_record.ts";
import type { RecordsWaiting } from "./found_record.ts";
import { LiveRecords } from "./live_records.ts";
import { entryId, entryName } from "./outbox/entry_name.ts";
import { type HeldRecord, HeldRecords } from "./outbox/held_records.ts";
import { Outbox } from "./outbox/outbox.ts";
import { isNeeded, prepareRecord } from "./prepare_record.ts";
import { RecordReader, type WaitingPart } from "./record_reader.ts";
import { RecordRefusedError, type WithStore } from "./record_store.ts";
import { sendRecord } from "./record_webhook.ts";
import { MessageErrands, type MessageServices } from "./recordings/message_errands.ts";
import { Retention } from "./retention.ts";
import type { OutgoingRecord } from "./whole_messages.ts";

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
  readonly #retention: Retention;
  /** What has been kept of calls. */
  readonly records: RecordReader;
  readonly #pending = new Set<Promise<void>>();
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
    const store = messages?.store;
    this.#retention = new Retention({ ...options, recordings: store });
    this.records = new RecordReader({
      ...options,
      recordings: store,
      waiting: (sid) => this.#waitingOf(sid),
    });
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
    this.#startAgain?.cancel();
    await this.#close("writing", async () => {
      const deleted = this.#retention[Symbol.asyncDispose]();
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
      await deleted;
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

  /** The records of a call that are under way from here to the store. */
  async #waitingOf(callSid: string): Promise<WaitingPart[]> {
    const held = this.#held.all().filter(({ record }) => record.callSid === callSid);
    return [
      ...held.map(({ record }) => ({ record, waitsFor: "disk" as const })),
      ...await this.#outbox.find(callSid),
    ];
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

  async #track(work: Promise<void>): Promise<void> {
    this.#pending.add(work);
    try {
      await work;
    } finally {
      this.#pending.delete(work);
    }
  }
}
