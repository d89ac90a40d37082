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
  /** Deletes what is due by `nowMs` (Unix time). Resolves with how many there were. */
  deleteExpired(nowMs: number): Promise<number>;
}

/** The store will not have this record, now or later. */
export class RecordRefusedError extends AppError {
  override readonly name = "RecordRefusedError";

  constructor(message: string, cause?: unknown) {
    super("record_refused", message, { cause });
  }
}
