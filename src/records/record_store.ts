import { AppError } from "../util/errors.ts";
import { completeRecord } from "./complete_record.ts";
import { isNote, mergeNotes, withTreatments } from "./call_note.ts";
import type { CallRecord } from "./call_record.ts";
import type { HourFigures } from "./hour_figures.ts";

/**
 * Where records are kept. Operations may overlap, and several servers may share what is behind their stores.
 * Whoever makes a store also closes it.
 *
 * @example A store in memory, for tests
 * ```ts
 * import { type CallRecord, mergeRecords, type RecordStore } from "slimline";
 *
 * class MemoryRecordStore implements RecordStore {
 *   readonly #records = new Map<string, CallRecord>();
 *
 *   constructor(readonly nowMs: () => number = Date.now) {}
 *
 *   async put(record: CallRecord): Promise<CallRecord> {
 *     const merged = mergeRecords(this.#records.get(record.callSid), record);
 *     this.#records.set(merged.callSid, merged);
 *     return merged;
 *   }
 *
 *   async get(callSid: string): Promise<CallRecord | undefined> {
 *     const record = this.#records.get(callSid);
 *     return record && !isDue(record, this.nowMs()) ? record : undefined;
 *   }
 *
 *   async spent(business: string, fromMs: number, untilMs: number) {
 *     const spent = { durationMs: 0, costUsd: 0 };
 *     for (const record of this.#records.values()) {
 *       const endedMs = Date.parse(record.endedAt);
 *       if (record.business !== business || endedMs < fromMs || endedMs >= untilMs) continue;
 *       spent.durationMs += record.durationMs;
 *       spent.costUsd += record.costUsd ?? 0;
 *     }
 *     return spent;
 *   }
 *
 *   async deleteExpired(nowMs: number): Promise<number> {
 *     const due = [...this.#records.values()].filter((record) => isDue(record, nowMs));
 *     for (const { callSid } of due) this.#records.delete(callSid);
 *     return due.length;
 *   }
 * }
 *
 * function isDue({ expiresAt }: CallRecord, nowMs: number): boolean {
 *   return expiresAt !== null && Date.parse(expiresAt) <= nowMs;
 * }
 * ```
 */
export interface RecordStore {
  /**
   * Writes a record over what is known of the call, by {@link mergeRecords}, so that writing it twice is
   * writing it once. The outbox deletes its own copy when the promise resolves: the record must be safe by
   * then.
   *
   * @returns the record as it is now
   * @throws {RecordRefusedError} when this record can never be written: it is logged as `record_lost`. After
   *   any other error it is tried again, for as long as it takes
   */
  put(record: CallRecord): Promise<CallRecord>;

  /**
   * The record of a call; undefined when there is none, or when it is due to be deleted.
   *
   * @throws when the store cannot be reached: `GET /records` then answers 503
   */
  get(callSid: string): Promise<CallRecord | undefined>;

  /**
   * What the calls of a business that ended from `fromMs` to before `untilMs` (Unix time in milliseconds)
   * took together, for its limits by the day. Records that have not arrived yet are missing.
   *
   * @throws when the store cannot be reached: only calls that this process has seen then count
   */
  spent(business: string, fromMs: number, untilMs: number): Promise<Spent>;

  /**
   * How many calls of a business are on record that came from or went to a number, apart from the call
   * itself; those due to be deleted do not count. A store without it leaves the model in the dark about
   * earlier calls.
   *
   * @param number in E.164
   * @param most counted up to here
   * @throws when the store cannot be reached
   */
  countCalls?(business: string, number: string, exceptCallSid: string, most: number): Promise<number>;

  /**
   * A page of records, newest first by `startedAt`, then by CallSid; those due to be deleted are not among
   * them. It may hold fewer than `limit`, and yet others follow: a store that has to search reads a bounded
   * number of records at a time. Without it, `GET /records` answers 501 where it does not name a call.
   *
   * @throws when the store cannot be reached
   */
  list?(query: RecordQuery): Promise<RecordPage>;

  /**
   * What calls took that began from `since` to before `until` (ISO 8601 in UTC), by the hour and the
   * business. A store without it leaves the dashboard's day empty.
   *
   * @throws when the store cannot be reached
   */
  hours?(since: string, until: string): Promise<readonly HourFigures[]>;

  /**
   * Deletes the records whose `expiresAt` is not after `nowMs` (Unix time in milliseconds). Called a minute
   * after the start and then every hour.
   *
   * @param signal aborted when the process ends: what is left may wait for the next one
   * @returns how many were deleted
   * @throws when the store cannot be reached: tried again within the hour
   */
  deleteExpired(nowMs: number, signal?: AbortSignal): Promise<number>;
}

/** Which records to list. What is undefined does not matter. */
export interface RecordQuery {
  /** Only calls of the business with this id. */
  readonly business?: string;
  /** Calls that began then or later: ISO 8601 in UTC, with milliseconds, as records have it. */
  readonly since?: string;
  /** Calls that began before then, likewise. */
  readonly until?: string;
  /** Calls from or to it, as it is stored: one that is masked is not found. */
  readonly number?: string;
  /** Only calls that ended for this reason. */
  readonly reason?: string;
  /** Only calls in whose talk each of its words stands, or begins one, whatever its case and accents. */
  readonly text?: string;
  /** Most records of the page; at least 1. */
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: RecordPosition;
}

/** A place in the list of records. */
export interface RecordPosition {
  /** When that call began: ISO 8601, in UTC. */
  readonly startedAt: string;
  /** Its CallSid, which tells calls of the same moment apart. */
  readonly callSid: string;
}

/** A part of the list of records. */
export interface RecordPage {
  /** Newest first. */
  readonly records: readonly CallRecord[];
  /** Where the next page begins; undefined when there is none. */
  readonly next?: RecordPosition;
}

/** What calls took together. */
export interface Spent {
  /** Sum of their durations in milliseconds. */
  readonly durationMs: number;
  /** Sum of their costs in USD; one that is not known counts as 0. */
  readonly costUsd: number;
}

/**
 * No call is longer, so one that ended within a span of time began at most this long before it: an index can
 * use that.
 */
export const LONGEST_CALL_MS = 86_400_000;

/** A store throws it for a record that it will never take, now or later, such as one that is too large. */
export class RecordRefusedError extends AppError {
  /** Always `RecordRefusedError`. */
  override readonly name = "RecordRefusedError";

  /**
   * The code is `record_refused`.
   * @param message which record is refused, and by what
   * @param cause what the database said; its message is logged
   */
  constructor(message: string, cause?: unknown) {
    super("record_refused", message, { cause });
  }
}

/** Runs `use` with the store, which is opened first where it is closed. */
export type WithStore = <Result>(use: (store: RecordStore) => Promise<Result>) => Promise<Result>;

/** Other servers' parts of a call that its record keeps; the oldest goes first. */
export const MAX_EARLIER = 10;

/**
 * The record of a call after `incoming` has come in. A server knows the whole call since it first had it, so
 * its later report replaces its earlier one, and a report that comes twice changes nothing. What another
 * server knows is another part, which began at another time: the part that began last is the record, those
 * before it are its `earlier`. What is known of a call apart from its streams, such as that it waited in line
 * or left a message, is no part of its own: it goes into the record.
 *
 * @param stored what the store has of the call; undefined for nothing
 */
export function mergeRecords(stored: CallRecord | undefined, incoming: CallRecord): CallRecord {
  const parts = [...splitParts(stored), ...splitParts(incoming)];
  const streams = parts.filter((part) => !isNote(part));
  if (streams.length === 0) return parts.reduce(mergeNotes);
  const byStart = new Map<string, CallRecord>();
  for (const part of streams) {
    byStart.set(part.startedAt, later(byStart.get(part.startedAt), part));
  }
  const inOrder = [...byStart.values()].sort((a, b) => a.startedAt < b.startedAt ? -1 : 1);
  const record = withTreatments(inOrder[inOrder.length - 1], parts);
  return { ...record, version: 1, earlier: inOrder.slice(0, -1).slice(-MAX_EARLIER) };
}

function splitParts(record: CallRecord | undefined): CallRecord[] {
  if (!record) return [];
  const { earlier, ...last } = completeRecord(record);
  return [...earlier, { ...last, earlier: [] }];
}

/** A call only grows. A checkpoint that is as long as the end is of the same moment, and knows less. */
function later(a: CallRecord | undefined, b: CallRecord): CallRecord {
  if (!a || b.durationMs > a.durationMs) return b;
  return b.durationMs === a.durationMs && a.isPartial ? b : a;
}
