import type { DatabaseSync, StatementSync } from "node:sqlite";
import { transaction } from "../util/sqlite_transaction.ts";
import type { CallRecord } from "./call_record.ts";
import { soughtTalkWords, talkWords } from "./talk_words.ts";

/*
 * `call_words` indexes the words that `talkWords` makes of a record; `words` of `calls` names its row there,
 * and is NULL of a record that an earlier version wrote. What is deleted leaves the index, too:
 * secure-delete.
 */
const TABLES = `
  ALTER TABLE calls ADD COLUMN words INTEGER;
  CREATE VIRTUAL TABLE call_words USING fts5(
    words, detail = none, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
  );
  INSERT INTO call_words (call_words, rank) VALUES ('secure-delete', 1);
  CREATE INDEX calls_not_indexed ON calls (call_sid) WHERE words IS NULL;
  CREATE TRIGGER call_deleted AFTER DELETE ON calls WHEN old.words IS NOT NULL BEGIN
    DELETE FROM call_words WHERE rowid = old.words;
  END;
`;
/** Records indexed in one go: some ten milliseconds. */
const RECORDS_AN_UPDATE = 20;

/** Of a query of `calls`: the talk has what `:match` says. */
export const IS_MATCHING = "AND words IN (SELECT rowid FROM call_words WHERE call_words MATCH :match)";

/**
 * Makes the index where it is missing, in a transaction of the caller's. Records that are there already are
 * indexed by the first search.
 */
export function addTalkIndex(database: DatabaseSync): void {
  const there = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'call_words'").get();
  if (there === undefined) database.exec(TABLES);
}

/** Compiles a statement, or finds the one that was compiled before. */
type Prepare = (sql: string) => StatementSync;

/** Indexes the words of a record that is being written. @returns their row */
export function indexTalk(prepare: Prepare, record: CallRecord): number {
  const old = prepare("SELECT words FROM calls WHERE call_sid = ?").get(record.callSid)?.words ?? null;
  if (old !== null) prepare("DELETE FROM call_words WHERE rowid = ?").run(old);
  const insert = prepare("INSERT INTO call_words (rowid, words) VALUES (?, ?)");
  return Number(insert.run(old, talkWords(record).join(" ")).lastInsertRowid);
}

/** Indexes some of the records that an earlier version wrote. @returns false when there are none */
export function indexSomeTalks(database: DatabaseSync): boolean {
  const next = database.prepare(
    `SELECT call_sid, record FROM calls WHERE words IS NULL LIMIT ${RECORDS_AN_UPDATE}`,
  );
  if (next.get() === undefined) return false;
  transaction(database, () => {
    for (const { call_sid, record } of next.all()) {
      const words = indexTalk((sql) => database.prepare(sql), JSON.parse(String(record)));
      database.prepare("UPDATE calls SET words = ? WHERE call_sid = ?").run(words, call_sid);
    }
  });
  return true;
}

/** What FTS5 is asked for; empty where the text has no words. */
export function matchOf(text: string): string {
  // No word of the index has a quotation mark.
  return soughtTalkWords(text).map(({ word, isPrefix }) => `"${word}"${isPrefix ? "*" : ""}`).join(" AND ");
}
