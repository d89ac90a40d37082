import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { makePrivateDatabase } from "../util/private_files.ts";
import { transaction } from "../util/sqlite_transaction.ts";
import type { CallRecord } from "./call_record.ts";
import { LONGEST_CALL_MS, mergeRecords, type RecordStore, type Spent } from "./record_store.ts";

/**
 * How long a write waits for another process's. It blocks all calls, so it is short: the outbox tries again.
 */
const BUSY_TIMEOUT_MS = 100;

/*
 * A record that was written must outlast a power cut, since its copy on disk is deleted then: synchronous
 * FULL. What was deleted must not be left in the file: secure_delete.
 */
const PARTY = "json_extract(record, iif(json_extract(record, '$.direction') = 'outbound', '$.to', '$.from'))";

const SCHEMA = `
  PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  CREATE TABLE IF NOT EXISTS calls (
    call_sid TEXT PRIMARY KEY,
    business TEXT NOT NULL,
    started_at TEXT NOT NULL,
    expires_at TEXT,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS calls_by_business ON calls (business, started_at);
  CREATE INDEX IF NOT EXISTS calls_by_expiry ON calls (expires_at);
  CREATE INDEX IF NOT EXISTS calls_by_party ON calls (business, ${PARTY});
`;

const PUT = `
  INSERT INTO calls (call_sid, business, started_at, expires_at, record) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (call_sid) DO UPDATE SET business = excluded.business, started_at = excluded.started_at,
    expires_at = excluded.expires_at, record = excluded.record
`;

const ENDED_WITHIN = `
  SELECT json_extract(record, '$.durationMs') AS durationMs, json_extract(record, '$.costUsd') AS costUsd FROM calls
  WHERE business = ? AND started_at >= ? AND json_extract(record, '$.endedAt') >= ? AND json_extract(record, '$.endedAt') < ?
`;
const COUNT_PARTY = `
  SELECT count(*) AS calls FROM (
    SELECT 1 FROM calls
    WHERE business = ? AND ${PARTY} = ? AND call_sid <> ? AND (expires_at IS NULL OR expires_at > ?) LIMIT ?
  )
`;
/** Records read in one go, of some 20 microseconds each; then the event loop serves calls. */
const RECORDS_AT_ONCE = 100;

/**
 * Records in a file of this machine, as JSON text (in which a NUL is written `\u0000`, so SQLite cannot cut
 * it). Several processes may have the file open.
 */
export class SqliteRecordStore implements RecordStore, Disposable {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #open: () => DatabaseSync;
  #database: DatabaseSync;
  /**
   * Which file the database is in. SQLite goes on in one that was deleted or moved away, where nobody finds a
   * record.
   */
  #file: string | undefined;

  private constructor(path: string, nowMs: () => number, open: () => DatabaseSync) {
    this.#path = path;
    this.#nowMs = nowMs;
    this.#open = open;
    this.#database = open();
    this.#file = fileAt(path);
  }

  /**
   * @param path of a file that is made if it is missing, as is its folder: for this user alone
   * @param nowMs Unix time
   * @throws when the file cannot be opened or made
   */
  static async open(path: string, nowMs: () => number): Promise<SqliteRecordStore> {
    const { DatabaseSync } = await import("node:sqlite");
    return new SqliteRecordStore(path, nowMs, () => {
      makePrivateDatabase(path);
      const database = new DatabaseSync(path);
      try {
        database.exec(SCHEMA);
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  // deno-lint-ignore require-await -- what SQLite throws becomes a rejection
  async put(record: CallRecord): Promise<CallRecord> {
    if (fileAt(this.#path) !== this.#file) this.#openAgain();
    const merged = this.#put(record);
    if (fileAt(this.#path) === this.#file) return merged;
    this.#openAgain();
    return this.#put(record);
  }

  // deno-lint-ignore require-await -- what SQLite throws becomes a rejection
  async get(callSid: string): Promise<CallRecord | undefined> {
    const record = this.#read(callSid);
    const isExpired = record?.expiresAt && Date.parse(record.expiresAt) <= this.#nowMs();
    return isExpired ? undefined : record;
  }

  async spent(business: string, fromMs: number, untilMs: number): Promise<Spent> {
    const [began, from, until] = [fromMs - LONGEST_CALL_MS, fromMs, untilMs].map((ms) =>
      new Date(ms).toISOString()
    );
    const spent = { durationMs: 0, costUsd: 0 };
    let records = 0;
    for (const row of this.#database.prepare(ENDED_WITHIN).iterate(business, began, from, until)) {
      spent.durationMs += Number(row.durationMs);
      spent.costUsd += Number(row.costUsd ?? 0);
      if (++records % RECORDS_AT_ONCE === 0) await setImmediate();
    }
    return spent;
  }

  // deno-lint-ignore require-await -- what SQLite throws becomes a rejection
  async countCalls(business: string, number: string, exceptCallSid: string, most: number): Promise<number> {
    const now = new Date(this.#nowMs()).toISOString();
    const row = this.#database.prepare(COUNT_PARTY).get(business, number, exceptCallSid, now, most);
    return Number(row?.calls);
  }

  // deno-lint-ignore require-await -- what SQLite throws becomes a rejection
  async deleteExpired(nowMs: number): Promise<number> {
    const statement = this.#database.prepare("DELETE FROM calls WHERE expires_at <= ?");
    return Number(statement.run(new Date(nowMs).toISOString()).changes);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #openAgain(): void {
    const database = this.#open();
    this.#database.close();
    this.#database = database;
    this.#file = fileAt(this.#path);
  }

  #put(record: CallRecord): CallRecord {
    return transaction(this.#database, () => {
      const merged = mergeRecords(this.#read(record.callSid), record);
      const { callSid, business, startedAt, expiresAt } = merged;
      this.#database.prepare(PUT).run(callSid, business, startedAt, expiresAt, JSON.stringify(merged));
      return merged;
    });
  }

  #read(callSid: string): CallRecord | undefined {
    const row = this.#database.prepare("SELECT record FROM calls WHERE call_sid = ?").get(callSid);
    return row && JSON.parse(String(row.record));
  }
}

/** Which file is at a path; undefined for none. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
