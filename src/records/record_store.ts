import { AppError } from "../util/errors.ts";
import type { CallRecord } from "./call_record.ts";

/** Where records are kept. What is written is there for good when its promise resolves. */
export interface RecordStore {
  /**
   * Writes a record over what is known of the call (see `mergeRecords`), so that writing it twice is writing it once.
   * @returns the record as it is now
   * @throws {RecordRefusedError} when this record can never be written; anything else may be tried again
   */
  put(record: CallRecord): Promise<CallRecord>;
  /** The record of a call; undefined when there is none. One that is due to be deleted counts as deleted. */
  get(callSid: string): Promise<CallRecord | undefined>;
  /** What the calls of a business took that ended from `fromMs` to before `untilMs` (Unix time), as far as they are here. */
  spent(business: string, fromMs: number, untilMs: number): Promise<Spent>;
  /** Deletes what is due by `nowMs` (Unix time). Resolves with how many there were. */
  deleteExpired(nowMs: number): Promise<number>;
}

/** What calls took together. A cost that is not known counts as none. */
export interface Spent {
  readonly durationMs: number;
  readonly costUsd: number;
}

/** A call that ended in a span of time began at most this long before the span. */
export const LONGEST_CALL_MS = 86_400_000;

/** The store will not have this record, now or later. */
export class RecordRefusedError extends AppError {
  override readonly name = "RecordRefusedError";

  constructor(message: string, cause?: unknown) {
    super("record_refused", message, { cause });
  }
}
