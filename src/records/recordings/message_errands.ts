import type { RecordSettings } from "../../businesses/business.ts";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { Deadline } from "../../util/deadline.ts";
import { isAt, tryLock } from "../../util/durable_files.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { type CallNote, noteRecord } from "../call_note.ts";
import type { CallRecord, RecordMessage } from "../call_record.ts";
import { Delivery } from "../outbox/delivery.ts";
import { entryCall, entryId, entryName, writtenAtMs } from "../outbox/entry_name.ts";
import { Spool } from "../outbox/spool.ts";
import { prepareRecord } from "../prepare_record.ts";
import { redactMessage } from "../redact_record.ts";
import { type OutgoingRecord, splitMessages } from "../whole_messages.ts";
import { type MessageErrand, parseErrand } from "./message_errand.ts";
import type { MessageTranscriber, SpeechHints } from "./message_transcriber.ts";
import {
  RecordingError,
  type RecordingErrorCode,
  type RecordingPlace,
  type RecordingSource,
} from "./recording_source.ts";
import { recordingSid, type RecordingStore } from "./recording_store.ts";

/** Messages that may wait to be fetched, and recordings that may wait to be deleted at Twilio. */
const MAX_ERRANDS = 1_000;
const MAX_ERRAND_BYTES = 64 * 2 ** 20;
/** Recordings that are in memory at the same time. */
const MAX_FETCHED_AT_ONCE = 2;
/** A recording is there within seconds after its message; after a failure it is tried for a day. */
const BACKOFF = { firstMs: 1_000, maxMs: 15 * 60_000 };
/** How long a recording is asked for that Twilio does not have, and any other one. */
const NOT_THERE_MS = 3_600_000;
const FETCH_MS = 24 * 3_600_000;
/** How long a message waits for its words; then it goes without. */
const TRANSCRIPTION_MS = 3_600_000;
/** That it is not there yet is no news for so long. */
const LATE_MS = 60_000;
/** Longest wait for one recording, and for its words. */
const FETCH_TIMEOUT_MS = 30_000;
export const TRANSCRIPTION_TIMEOUT_MS = 60_000;

/** What messages are fetched from, kept in and transcribed by. */
export interface MessageServices {
  /** Undefined where no account is known, as with `--insecure`: recordings are only linked. */
  readonly source: RecordingSource | undefined;
  readonly store: RecordingStore;
  /** Runs `use` with the transcriber, which is loaded first. */
  readonly withTranscriber: <Result>(
    use: (transcriber: MessageTranscriber) => Promise<Result>,
  ) => Promise<Result>;
  /** What is known of the speech of a business's callers; undefined where they are not to be transcribed. */
  readonly hintsOf: (businessId: string) => SpeechHints | undefined;
}

/** What {@link MessageErrands} work with. */
export interface MessageErrandsOptions extends MessageServices {
  /** Folder of the outboxes. */
  readonly folder: string;
  readonly settingsOf: (businessId: string) => RecordSettings;
  /**
   * Takes the record with all that is known of its message. It is safe once that resolves.
   *
   * @param id stays the same when it comes again
   */
  readonly finish: (record: OutgoingRecord, id: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a record says of a recording that was not fetched. */
const PROBLEMS: Readonly<Record<RecordingErrorCode, string>> = {
  recording_not_there: "not_there",
  recording_refused: "refused",
  recording_failed: "failed",
  recording_too_large: "too_large",
};

/** What is known of a recording at the end of an errand. */
type Fetched = Pick<RecordMessage, "recording" | "recordingProblem"> & {
  readonly wav?: Uint8Array<ArrayBuffer>;
};

/**
 * Sees to what callers leave after the beep: fetches the recording, keeps it, has it transcribed, hands on
 * the record, and deletes Twilio's copy where the business says so. What is to be done is on the disk, and
 * each step does no harm when it is done twice, so that it may be killed at any point.
 */
export class MessageErrands {
  readonly #options: MessageErrandsOptions;
  readonly #errands: Spool;
  readonly #deletions: Spool;
  readonly #fetching: Delivery;
  readonly #deleting: Delivery;

  constructor(options: MessageErrandsOptions) {
    const { folder, clock, log } = options;
    const bounds = { maxFiles: MAX_ERRANDS, maxBytes: MAX_ERRAND_BYTES, nowMs: () => clock.epoch() };
    this.#options = options;
    this.#errands = new Spool({ folder: `${folder}/messages`, ...bounds });
    this.#deletions = new Spool({ folder: `${folder}/deletions`, ...bounds });
    this.#fetching = new Delivery({
      name: "messages",
      spool: this.#errands,
      groupOf: entryId,
      atOnce: MAX_FETCHED_AT_ONCE,
      isExpected: (error) => error instanceof EarlyError,
      deliver: (text, name, signal) => this.#once(name, () => this.#run(text, name, signal)),
      backoff: BACKOFF,
      clock,
      log,
    });
    this.#deleting = new Delivery({
      name: "deletions",
      spool: this.#deletions,
      groupOf: entryId,
      atOnce: MAX_FETCHED_AT_ONCE,
      deliver: (text, name, signal) => this.#delete(text, name, signal),
      backoff: BACKOFF,
      maxAgeMs: FETCH_MS,
      clock,
      log,
    });
  }

  /** Messages that wait. */
  get size(): number {
    return this.#errands.size;
  }

  /** Takes up what earlier processes left. @throws when the folder cannot be used */
  async open(): Promise<void> {
    await this.#errands.check();
    await this.#deletions.check();
    void this.#fetching.wake();
    void this.#deleting.wake();
  }

  /**
   * The record of a note. Where that tells of a message whose recording is to be fetched, what is to be
   * done about it is on the disk first. Never rejects: a recording that could not be noted stays linked.
   */
  async begin(settings: RecordSettings, note: CallNote): Promise<CallRecord> {
    const record = noteRecord(note);
    const sid = record.message && recordingSid(record.message.recordingUrl);
    if (
      !record.message || !sid || !note.accountSid || settings.recordings === "link" || !this.#options.source
    ) {
      return record;
    }
    const pending: CallRecord = { ...record, message: { ...record.message, recording: "pending" } };
    try {
      if (record.message.recording === "lost") {
        // An errand that is under way finds out by itself.
        for (const name of await this.#namesOf(sid)) await this.#errands.remove(name);
        return record;
      }
      const { record: kept } = splitMessages(await prepareRecord(pending, settings));
      const isWhole = settings.webhook?.messages === "whole";
      await this.#take(
        kept,
        { accountSid: note.accountSid, sid },
        isWhole && note.from !== "" ? note.from : null,
      );
      return pending;
    } catch (error) {
      this.#options.log.error("recording_not_fetched", { call: note.callSid, message: messageOf(error) });
      return record;
    }
  }

  /** Breaks off what is under way: it waits for the next process. */
  async close(): Promise<void> {
    await Promise.all([this.#fetching.abort(), this.#deleting.abort()]);
  }

  /**
   * One errand for each recording, however often Twilio tells of it.
   *
   * @param caller whom a whole message is from
   */
  async #take(record: CallRecord, place: RecordingPlace, caller: string | null): Promise<void> {
    if ((await this.#namesOf(place.sid)).length > 0) return;
    const errand: MessageErrand = { record, place, caller };
    await this.#errands.put(
      entryName(this.#options.clock.epoch(), place.sid, record),
      JSON.stringify(errand),
    );
    void this.#fetching.wake();
  }

  async #namesOf(sid: string): Promise<string[]> {
    return (await this.#errands.namesOnDisk()).filter((name) => entryId(name) === sid);
  }

  /** Runs an errand unless another process has it in hand. */
  async #once(name: string, run: () => Promise<void>): Promise<void> {
    const path = `${this.#options.folder}/messages/${name}`;
    const file = await tryLock(await Deno.open(path, { read: true, write: true }));
    if (!file) throw new EarlyError("Another process sees to it.");
    try {
      if (await isAt(file, path)) await run();
    } finally {
      file.close();
    }
  }

  async #run(text: string, name: string, signal: AbortSignal): Promise<void> {
    const errand = this.#read(text, name);
    if (!errand?.record) return;
    const { record, place, caller } = errand;
    if (!record.message) return;
    const { settingsOf, finish, clock, log } = this.#options;
    const settings = settingsOf(record.business);
    const ageMs = clock.epoch() - writtenAtMs(name);
    const about = { call: record.callSid, business: record.business };
    const { wav, ...state } = await this.#fetch(record, place, ageMs, signal);
    const words = wav && await this.#transcribe(wav, record, ageMs, signal);
    const message = {
      ...record.message,
      ...state,
      transcript: words === undefined ? null : await redactMessage(words, record, settings.redact),
    };
    const isWhole = words !== undefined && words !== "" && settings.webhook?.messages === "whole";
    const whole = isWhole && { messages: [{ atMs: 0, name: null, number: caller, text: words }] };
    await finish({ ...record, message, ...whole }, place.sid);
    log.info("message_ready", { ...about, ...state, isTranscribed: words !== undefined });
    if (state.recording === "kept" && settings.deleteAtTwilio) await this.#deleteLater(record, place);
  }

  /** The recording, from here where it is kept already. @throws when it may be there later */
  async #fetch(
    record: CallRecord,
    place: RecordingPlace,
    ageMs: number,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const { source, store, log } = this.#options;
    const kept = await store.get(place.sid);
    if (kept) return { recording: "kept", recordingProblem: null, wav: kept };
    if (!source) return { recording: "linked", recordingProblem: "no_account" };
    let wav: Uint8Array<ArrayBuffer>;
    try {
      wav = await this.#within(FETCH_TIMEOUT_MS, signal, (ending) => source.fetch(place, ending));
    } catch (error) {
      const code = error instanceof RecordingError ? error.code : "recording_failed";
      const isLate = code === "recording_not_there";
      if (code !== "recording_too_large" && ageMs < (isLate ? NOT_THERE_MS : FETCH_MS)) {
        throw isLate && ageMs < LATE_MS ? new EarlyError(messageOf(error)) : error;
      }
      log.error("recording_given_up", { call: record.callSid, code, message: messageOf(error) });
      // What Twilio has is lost only where it has it no more.
      return { recording: isLate ? "lost" : "linked", recordingProblem: PROBLEMS[code] };
    }
    if (record.expiresAt === null) return { recording: "linked", recordingProblem: null, wav };
    if (await this.#keep(record, place, wav, record.expiresAt, ageMs)) {
      return { recording: "kept", recordingProblem: null, wav };
    }
    log.error("recordings_full", { call: record.callSid, meaning: "the recording stays at Twilio" });
    return { recording: "linked", recordingProblem: "full", wav };
  }

  /** @returns false where there is no room. @throws when there may be later, as on a disk that is full */
  async #keep(
    { callSid }: CallRecord,
    { sid }: RecordingPlace,
    wav: Uint8Array<ArrayBuffer>,
    expiresAt: string,
    ageMs: number,
  ): Promise<boolean> {
    try {
      return await this.#options.store.put(sid, wav, expiresAt);
    } catch (error) {
      if (ageMs < FETCH_MS) throw error;
      this.#options.log.error("recording_given_up", { call: callSid, message: messageOf(error) });
      return false;
    }
  }

  /** The words; undefined where there will be none. @throws when there may be later */
  async #transcribe(
    wav: Uint8Array<ArrayBuffer>,
    { callSid, business }: CallRecord,
    ageMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { withTranscriber, hintsOf, log } = this.#options;
    const hints = hintsOf(business);
    if (!hints) return undefined;
    try {
      return await withTranscriber((transcriber) =>
        this.#within(TRANSCRIPTION_TIMEOUT_MS, signal, (ending) => transcriber.transcribe(wav, hints, ending))
      );
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === "transcription_refused";
      if (!isRefused && ageMs < TRANSCRIPTION_MS) throw error;
      log.error("message_not_transcribed", { call: callSid, business, message: messageOf(error) });
      return undefined;
    }
  }

  async #deleteLater(record: CallRecord, place: RecordingPlace): Promise<void> {
    const errand: MessageErrand = { record: null, place, caller: null };
    await this.#deletions.put(
      entryName(this.#options.clock.epoch(), place.sid, record),
      JSON.stringify(errand),
    );
    void this.#deleting.wake();
  }

  /** Deletes Twilio's copy, once more having looked that ours is there. */
  async #delete(text: string, name: string, signal: AbortSignal): Promise<void> {
    const { source, store, log } = this.#options;
    const errand = this.#read(text, name);
    if (!errand || !source || !await store.get(errand.place.sid)) return;
    await source.remove(errand.place, signal);
    log.info("recording_deleted_at_twilio", { call: entryCall(name), recording: errand.place.sid });
  }

  /** A file that holds no errand is logged and dropped. */
  #read(text: string, name: string): MessageErrand | undefined {
    try {
      return parseErrand(text);
    } catch (error) {
      const about = { call: entryCall(name), message: messageOf(error) };
      this.#options.log.error("outbox_entry_unreadable", about);
      return undefined;
    }
  }

  async #within<Result>(
    ms: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    using deadline = new Deadline(this.#options.clock, ms, signal);
    return await work(deadline.signal);
  }
}

/** It is not time yet, which is no failure. */
class EarlyError extends Error {
  override readonly name = "EarlyError";
}
