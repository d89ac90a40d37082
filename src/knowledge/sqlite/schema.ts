import type { DatabaseSync } from "node:sqlite";
import { AppError } from "../../util/errors.ts";
import { transaction } from "../../util/sqlite_transaction.ts";

/** Version of the tables below. A file of a later one is refused; one of version 1 is brought up to date. */
const VERSION = 2;

/*
 * `chunks` is what was put. `pages` holds the vectors side by side, 256 at a time, and is rebuilt whenever
 * chunks change: read by rows, one search of 10,000 vectors took 50 to 100 ms, read by pages 15.
 */
const TABLES = `
  CREATE TABLE chunks (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    space TEXT,
    vector BLOB
  );
  CREATE TABLE pages (
    page INTEGER PRIMARY KEY,
    space TEXT NOT NULL,
    keys BLOB NOT NULL,
    vectors BLOB NOT NULL
  );
`;

/*
 * `words` indexes the words that `indexWords` makes of chunks, and keeps no text of its own; `known_words`
 * shows its distinct words. `not_indexed` names the chunks of an older version that a search or an ingestion
 * still has to index.
 * Marks count as letters: without them the words of Hindi fall apart.
 */
const WORD_TABLES = `
  CREATE VIRTUAL TABLE words USING fts5(
    heading, text, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
  );
  CREATE VIRTUAL TABLE known_words USING fts5vocab(words, row);
  CREATE TABLE not_indexed (key INTEGER PRIMARY KEY);
  CREATE TRIGGER chunk_removed AFTER DELETE ON chunks BEGIN
    DELETE FROM words WHERE rowid = old.key;
    DELETE FROM not_indexed WHERE key = old.key;
  END;
  PRAGMA user_version = ${VERSION};
`;

/** Version 1 had porter's stems of English words. What it held is indexed anew. */
const FROM_VERSION_1 = `
  DROP TRIGGER chunk_put;
  DROP TRIGGER chunk_removed;
  DROP TABLE words;
  ${WORD_TABLES}
  INSERT INTO not_indexed SELECT key FROM chunks;
`;

/** Whether SQLite waits for the disk: at checkpoints, or never, as for a file that has nothing yet. */
type Synchronous = "NORMAL" | "OFF";

/** Settings of every connection: readers go on while one writes, and nobody waits for ever. */
const settings = (synchronous: Synchronous) => `
  PRAGMA synchronous = ${synchronous};
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_mode = WAL;
  PRAGMA cache_size = -1024;
  PRAGMA foreign_keys = ON;
`;

/**
 * Makes a database ready for use.
 * @throws {AppError} `knowledge_other_version`
 */
export function prepareDatabase(
  database: DatabaseSync,
  path: string,
  synchronous: Synchronous = "NORMAL",
): void {
  database.exec(settings(synchronous));
  if (versionOf(database) === VERSION) return; // without the lock that an ingestion may hold
  transaction(database, () => {
    const version = versionOf(database);
    if (version === VERSION) return;
    if (version === 0) return database.exec(TABLES + WORD_TABLES);
    if (version === 1) return database.exec(FROM_VERSION_1);
    throw new AppError(
      "knowledge_other_version",
      `${path} has version ${version}, but wanted is ${VERSION}: delete it and run slimline ingest again.`,
    );
  });
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

/** A row that has just the fields of `Type`: SQLite's own types know no interface. */
export type RowOf<Type> = { [Field in keyof Type]: Type[Field] };
