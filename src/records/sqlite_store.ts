import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate, setTimeout } from "node:timers/promises";
import { ignoreGone } from "../util/disk_errors.ts";
import { syncFile } from "../util/durable_files.ts";
import { makeDatabase } from "../util/make_database.ts";
import { onceUnlocked } from "../util/once_unlocked.ts";
import { makePrivateDatabase } from "../util/private_files.ts";
import { transaction } from "../util/sqlite_transaction.ts";
import type { CallRecord } from "./call_record.ts";
import { type HourFigures, HourSums } from "./hour_figures.ts";
import {
  LONGEST_CALL_MS,
  mergeRecords,
  type RecordPage,
  type RecordQuery,
  type RecordStore,
  type Spent,
} from "./record_store.ts";
import { addTalkIndex, indexSomeTalks, indexTalk, IS_MATCHING, matchOf } from "./sqlite_talk_index.ts";

/**
 * How long a write waits for another process's. It blocks all calls, so it is short: the outbox tries again.
 */
const BUSY_TIMEOUT_MS = 100;

const PARTY = "json_extract(record, iif(json_extract(record, '$.direction') = 'outbound', '$.to', '$.from'))";

/*
 * A record that was written must outlast a power cut, since its copy on disk is deleted then. SQLite would
 * wait for the disk with each (FULL), up to seconds where it is busy, and hold up all calls meanwhile; so it
 * waits at checkpoints alone (NORMAL), and the runtime's threads wait for its log. What was deleted must not
 * be left in the file: secure_delete.
 */
const settings = (synchronous: "NORMAL" | "OFF") => `
  PRAGMA synchronous = ${synchronous};
  PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA secure_delete = ON;
`;
const TABLES = `
  CREATE TABLE IF NOT EXISTS calls (
    call_sid TEXT PRIMARY KEY,
    business TEXT NOT NULL,
    started_at TEXT NOT NULL,
    expires_at TEXT,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS calls_by_business ON calls (business, started_at);
  CREATE INDEX IF NOT EXISTS calls_by_start ON calls (started_at, call_sid);
  CREATE INDEX IF NOT EXISTS calls_by_expiry ON calls (expires_at);
  CREATE INDEX IF NOT EXISTS calls_by_party ON calls (business, ${PARTY});
`;

const PUT = `
  INSERT INTO calls (call_sid, business, started_at, expires_at, record, words) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (call_sid) DO UPDATE SET business = excluded.business, started_at = excluded.started_at,
    expires_at = excluded.expires_at, record = excluded.record, words = excluded.words
`;
const HOURS = `
  SELECT business, started_at AS startedAt, json_extract(record, '$.costUsd') AS costUsd,
    json_extract(record, '$.latency.played.p50Ms') AS latencyMs
  FROM calls WHERE started_at >= ? AND started_at < ? AND (expires_at IS NULL OR expires_at > ?)
`;

const GET = "SELECT record FROM calls WHERE call_sid = ?";

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
/** The records before a place, each with its text only where number and reason fit. */
const LIST = `
  SELECT call_sid, started_at, iif(
    (:number IS NULL OR json_extract(record, '$.from') = :number OR json_extract(record, '$.to') = :number)
      AND (:reason IS NULL OR json_extract(record, '$.reason') = :reason), record, NULL) AS found
  FROM calls
  WHERE (started_at, call_sid) < (:startedAt, :callSid) AND started_at >= :since
    AND (expires_at IS NULL OR expires_at > :now) BUSINESS WORDS
  ORDER BY started_at DESC, call_sid DESC LIMIT :most
`;
/** Later than any time. */
const END_OF_TIME = "~";
/** Records looked at for one page, so that a search for what is rare ends. */
const MAX_LOOKED_AT = 20_000;
/** Records read in one go, of some 20 microseconds each; then the event loop serves calls. */
const RECORDS_AT_ONCE = 100;
/** Records deleted in one go: each word of a talk leaves the index by itself, in some two milliseconds. */
const DELETED_AT_ONCE = 4;
/** Between two of these, which nobody waits for, while calls do for what they hold up. */
const BETWEEN_DELETIONS_MS = 50;
const DELETE_EXPIRED = `
  DELETE FROM calls WHERE call_sid IN (SELECT call_sid FROM calls WHERE expires_at <= ? LIMIT ${DELETED_AT_ONCE})
`;

/**
 * Records in a file of this machine, as JSON text (in which a NUL is written `\u0000`, so SQLite cannot cut
 * it). Several processes may have the file open.
 */
export class SqliteRecordStore implements RecordStore, Disposable {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #open: () => DatabaseSync;
  #database: DatabaseSync;
  /** Of the open database, by their texts: what each call needs is compiled once. */
  readonly #statements = new Map<string, StatementSync>();
  /**
   * Which file the database is in. SQLite goes on in one that was deleted or moved away, where nobody finds a
   * record.
   */
  #file: string | undefined;
  /** The sync of the log that was begun last, and the one that follows it. */
  #sync: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;

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
   * @throws when the file cannot be opened or made, or other processes keep it locked for seconds
   */
  static async open(path: string, nowMs: () => number): Promise<SqliteRecordStore> {
    const { DatabaseSync } = await import("node:sqlite");
    const open = (synchronous: "NORMAL" | "OFF" = "NORMAL") => {
      makePrivateDatabase(path);
      const database = new DatabaseSync(path);
      try {
        database.exec(settings(synchronous));
        transaction(database, () => {
          database.exec(TABLES);
          addTalkIndex(database);
        });
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    };
    return await onceUnlocked(path, async () => {
      await makeDatabase(path, () => open("OFF").close());
      return new SqliteRecordStore(path, nowMs, open);
    });
  }

  async put(record: CallRecord): Promise<CallRecord> {
    if (fileAt(this.#path) !== this.#file) this.#openAgain();
    let merged = this.#put(record);
    if (fileAt(this.#path) !== this.#file) {
      this.#openAgain();
      merged = this.#put(record);
    }
    await this.#synced();
    return merged;
  }

  get(callSid: string): Promise<CallRecord | undefined> {
    return Promise.try(() => {
      const record = this.#read(callSid);
      const isExpired = record?.expiresAt && Date.parse(record.expiresAt) <= this.#nowMs();
      return isExpired ? undefined : record;
    });
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

  countCalls(business: string, number: string, exceptCallSid: string, most: number): Promise<number> {
    return Promise.try(() => {
      const now = new Date(this.#nowMs()).toISOString();
      const row = this.#statement(COUNT_PARTY).get(business, number, exceptCallSid, now, most);
      return Number(row?.calls);
    });
  }

  async list(query: RecordQuery): Promise<RecordPage> {
    const { business, since = "", until = END_OF_TIME, number = null, reason = null, text, limit } = query;
    const match = text === undefined ? undefined : await this.#matching(text);
    if (match === "") return { records: [] };
    const now = new Date(this.#nowMs()).toISOString();
    const records: CallRecord[] = [];
    let place = query.after ?? { startedAt: until, callSid: "" };
    if (place.startedAt >= until) place = { startedAt: until, callSid: "" };
    for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += RECORDS_AT_ONCE) {
      const sql = LIST.replace("BUSINESS", business === undefined ? "" : "AND business = :business")
        .replace("WORDS", match === undefined ? "" : IS_MATCHING);
      const rows = this.#database.prepare(sql).all({
        ...business !== undefined && { business },
        ...match !== undefined && { match },
        ...place,
        number,
        reason,
        since,
        now,
        most: RECORDS_AT_ONCE,
      });
      for (const row of rows) {
        if (row.found !== null) {
          if (records.length === limit) return { records, next: place };
          records.push(JSON.parse(String(row.found)));
        }
        place = { startedAt: String(row.started_at), callSid: String(row.call_sid) };
      }
      if (rows.length < RECORDS_AT_ONCE) return { records };
      await setImmediate();
    }
    return { records, next: place };
  }

  async hours(since: string, until: string): Promise<HourFigures[]> {
    const sums = new HourSums();
    let records = 0;
    const now = new Date(this.#nowMs()).toISOString();
    for (const row of this.#database.prepare(HOURS).iterate(since, until, now)) {
      const { business, startedAt, costUsd, latencyMs } = row;
      sums.add({
        business: String(business),
        startedAt: String(startedAt),
        costUsd: costUsd === null ? null : Number(costUsd),
        latencyMs: latencyMs === null ? null : Number(latencyMs),
      });
      if (++records % RECORDS_AT_ONCE === 0) await setImmediate();
    }
    return sums.figures();
  }

  async deleteExpired(nowMs: number, signal?: AbortSignal): Promise<number> {
    const now = new Date(nowMs).toISOString();
    let deleted = 0;
    while (!signal?.aborted) {
      const changes = Number(this.#statement(DELETE_EXPIRED).run(now).changes);
      deleted += changes;
      if (changes < DELETED_AT_ONCE) break;
      await setTimeout(BETWEEN_DELETIONS_MS);
    }
    await this.#synced();
    return deleted;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Resolves when what was written so far is safe. One sync serves all that was written before it began. */
  #synced(): Promise<void> {
    const before = this.#sync.catch(() => {}); // whoever waits for that one is told
    return this.#nextSync ??= before.then(() => {
      this.#nextSync = undefined;
      // Without a log, a checkpoint has brought all of it to the database, and waited for the disk.
      return this.#sync = ignoreGone(syncFile(`${this.#path}-wal`));
    });
  }

  #openAgain(): void {
    const database = this.#open();
    this.#statements.clear();
    this.#database.close();
    this.#database = database;
    this.#file = fileAt(this.#path);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#database.prepare(sql));
    return statement;
  }

  /** A search, once what was written by an earlier version is indexed; empty where it has no words. */
  async #matching(text: string): Promise<string> {
    while (indexSomeTalks(this.#database)) await setImmediate();
    return matchOf(text);
  }

  #put(record: CallRecord): CallRecord {
    return transaction(this.#database, () => {
      const merged = mergeRecords(this.#read(record.callSid), record);
      const { callSid, business, startedAt, expiresAt } = merged;
      const words = indexTalk((sql) => this.#statement(sql), merged);
      this.#statement(PUT).run(callSid, business, startedAt, expiresAt, JSON.stringify(merged), words);
      return merged;
    });
  }

  #read(callSid: string): CallRecord | undefined {
    const row = this.#statement(GET).get(callSid);
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
