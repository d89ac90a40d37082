import type { AnyBulkWriteOperation, Collection, Db, Filter } from "mongodb";
import { type QueryBounds, readDocuments, readOne } from "../util/bounded_reads.ts";
import type { CallRecord } from "./call_record.ts";
import { type HourFigures, HourSums } from "./hour_figures.ts";
import { soughtTalkWords, talkWords } from "./talk_words.ts";
import {
  LONGEST_CALL_MS,
  mergeRecords,
  type RecordPage,
  type RecordQuery,
  RecordRefusedError,
  type RecordStore,
  type Spent,
} from "./record_store.ts";

/** How long a read may take. */
const MAX_TIME_MS = 5_000;
/** What is added up of calls, a few fields of each: those of a day, of all businesses together. */
const SUMMED: QueryBounds = { documents: 500_000, ms: 10_000 };
/** Attempts to write a record that other servers write at the same time. */
const MAX_TRIES = 5;
/** Records of earlier versions that one search indexes. */
const INDEXED_AT_ONCE: QueryBounds = { documents: 2_000, ms: 10_000 };
const INDEXED_BY_ONE_WRITE = 100;
const DUPLICATE_KEY = 11_000;
/** BSONObjectTooLarge: more than 16 MB, however often it is tried. */
const TOO_LARGE = 10_334;

/** A record in the collection. */
interface CallDocument extends Omit<CallRecord, "expiresAt"> {
  /** The CallSid. */
  _id: string;
  /** Rises with each write, so that none is lost when two servers write at the same time. */
  revision: number;
  /** A date, so that an index can find it. */
  expiresAt: Date | null;
  /** Those of the talk, for searches. Records of earlier versions have none until the first one. */
  words?: string[];
}

/** Records in the collection `calls`, a document each. */
export class MongoRecordStore implements RecordStore {
  readonly #calls: Collection<CallDocument>;
  readonly #nowMs: () => number;

  private constructor(calls: Collection<CallDocument>, nowMs: () => number) {
    this.#calls = calls;
    this.#nowMs = nowMs;
  }

  /**
   * Makes the indexes that are missing.
   * @param nowMs Unix time
   */
  static async open(database: Db, nowMs: () => number): Promise<MongoRecordStore> {
    const calls = database.collection<CallDocument>("calls");
    await calls.createIndex({ business: 1, startedAt: -1 });
    await calls.createIndex({ startedAt: -1, _id: -1 });
    await calls.createIndex({ expiresAt: 1 });
    await calls.createIndex({ words: 1 });
    await calls.createIndex({ business: 1, from: 1 });
    await calls.createIndex({ business: 1, to: 1, direction: 1 });
    return new MongoRecordStore(calls, nowMs);
  }

  async put(record: CallRecord): Promise<CallRecord> {
    try {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const merged = await this.#tryPut(record);
        if (merged) return merged;
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new RecordRefusedError(`MongoDB refuses the record of ${record.callSid}.`, error);
    }
    throw new Error(`The record of ${record.callSid} was changed by others ${MAX_TRIES} times.`);
  }

  async get(callSid: string): Promise<CallRecord | undefined> {
    const found = await this.#find(callSid);
    if (!found || (found.expiresAt && found.expiresAt.getTime() <= this.#nowMs())) return undefined;
    return toRecord(found);
  }

  async spent(business: string, fromMs: number, untilMs: number): Promise<Spent> {
    const [began, from, until] = [fromMs - LONGEST_CALL_MS, fromMs, untilMs].map((ms) =>
      new Date(ms).toISOString()
    );
    const filter = { business, startedAt: { $gte: began }, endedAt: { $gte: from, $lt: until } };
    const projection = { durationMs: 1, costUsd: 1 };
    const ended = readDocuments(SUMMED, (options) => this.#calls.find(filter, { ...options, projection }));
    const spent = { durationMs: 0, costUsd: 0 };
    for await (const { durationMs, costUsd } of ended) {
      spent.durationMs += durationMs;
      spent.costUsd += costUsd ?? 0;
    }
    return spent;
  }

  async countCalls(business: string, number: string, exceptCallSid: string, most: number): Promise<number> {
    const isKept = { $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date(this.#nowMs()) } }] };
    const parties = [{ from: number, direction: "inbound" }, { to: number, direction: "outbound" }] as const;
    const earlier: Filter<CallDocument> = {
      business,
      _id: { $ne: exceptCallSid },
      $and: [isKept, { $or: [...parties] }],
    };
    return await readOne(
      MAX_TIME_MS,
      (options) => this.#calls.countDocuments(earlier, { ...options, limit: most }),
    );
  }

  async list(query: RecordQuery): Promise<RecordPage> {
    const { business, since, until, number, reason, text, limit, after } = query;
    const conditions: Filter<CallDocument>[] = [
      { $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date(this.#nowMs()) } }] },
    ];
    if (business !== undefined) conditions.push({ business });
    if (since !== undefined) conditions.push({ startedAt: { $gte: since } });
    if (until !== undefined) conditions.push({ startedAt: { $lt: until } });
    if (number !== undefined) conditions.push({ $or: [{ from: number }, { to: number }] });
    if (reason !== undefined) conditions.push({ reason });
    if (text !== undefined) {
      const sought = soughtTalkWords(text);
      if (sought.length === 0) return { records: [] };
      await this.#indexTalks();
      // No word of the index has a character that means something in a pattern.
      conditions.push(
        ...sought.map(({ word, isPrefix }) => ({ words: isPrefix ? new RegExp(`^${word}`) : word })),
      );
    }
    if (after) {
      const { startedAt, callSid } = after;
      conditions.push({
        $or: [{ startedAt: { $lt: startedAt } }, { startedAt, _id: { $lt: callSid } }],
      });
    }
    const found = readDocuments(
      { documents: limit + 1, ms: MAX_TIME_MS }, // one more tells whether any follow
      (options) =>
        this.#calls.find(
          { $and: conditions },
          { ...options, limit: limit + 1, sort: { startedAt: -1, _id: -1 } },
        ),
    );
    const records = await Array.fromAsync(found, toRecord);
    return records.length <= limit
      ? { records }
      : { records: records.slice(0, limit), next: records[limit - 1] };
  }

  async hours(since: string, until: string): Promise<HourFigures[]> {
    const filter: Filter<CallDocument> = {
      startedAt: { $gte: since, $lt: until },
      $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date(this.#nowMs()) } }],
    };
    const projection = { business: 1, startedAt: 1, costUsd: 1, "latency.played.p50Ms": 1 };
    const began = readDocuments(SUMMED, (options) => this.#calls.find(filter, { ...options, projection }));
    const sums = new HourSums();
    for await (const { business, startedAt, costUsd, latency } of began) {
      sums.add({ business, startedAt, costUsd, latencyMs: latency?.played.p50Ms ?? null });
    }
    return sums.figures();
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const { deletedCount } = await this.#calls.deleteMany({ expiresAt: { $lte: new Date(nowMs) } });
    return deletedCount;
  }

  /** Gives the records of earlier versions their words, some thousands at a time. */
  async #indexTalks(): Promise<void> {
    const limit = INDEXED_AT_ONCE.documents;
    const without = readDocuments(
      INDEXED_AT_ONCE,
      (options) => this.#calls.find({ words: { $exists: false } }, { ...options, limit }),
    );
    let updates: AnyBulkWriteOperation<CallDocument>[] = [];
    const write = async () => {
      if (updates.length > 0) await this.#calls.bulkWrite(updates, { ordered: false });
      updates = [];
    };
    for await (const document of without) {
      const { _id, revision } = document;
      const update = { $set: { words: talkWords(toRecord(document)) } };
      updates.push({ updateOne: { filter: { _id, revision }, update } });
      if (updates.length === INDEXED_BY_ONE_WRITE) await write();
    }
    await write();
  }

  #find(callSid: string): Promise<CallDocument | null> {
    return readOne(MAX_TIME_MS, (options) => this.#calls.findOne({ _id: callSid }, options));
  }

  /** Undefined when another server was faster. */
  async #tryPut(record: CallRecord): Promise<CallRecord | undefined> {
    // Most calls are put once: nothing is read before they are known to be there.
    const alone = mergeRecords(undefined, record);
    if (await this.#insert(alone)) return alone;
    const found = await this.#find(record.callSid);
    if (!found) return undefined;
    const { _id, revision } = found;
    const merged = mergeRecords(toRecord(found), record);
    const { matchedCount } = await this.#calls.replaceOne(
      { _id, revision },
      toDocument(merged, revision + 1),
    );
    return matchedCount === 1 ? merged : undefined;
  }

  /** False when there is one of that call. */
  async #insert(record: CallRecord): Promise<boolean> {
    try {
      await this.#calls.insertOne(toDocument(record, 1));
      return true;
    } catch (error) {
      if (errorCode(error) === DUPLICATE_KEY) return false;
      throw error;
    }
  }
}

function toDocument(record: CallRecord, revision: number): CallDocument {
  const { expiresAt, ...rest } = record;
  return {
    ...rest,
    _id: record.callSid,
    revision,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    words: talkWords(record),
  };
}

function toRecord({ _id, revision: _, words: __, expiresAt, ...record }: CallDocument): CallRecord {
  return { ...record, expiresAt: expiresAt?.toISOString() ?? null };
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && (errorCode(error) === TOO_LARGE || error.name === "BSONError");
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
