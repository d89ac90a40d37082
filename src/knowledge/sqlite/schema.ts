import type { DatabaseSync } from "node:sqlite";
import { AppError } from "../../util/errors.ts";
import { transaction } from "../../util/sqlite_transaction.ts";

/** Version of the tables below. A file of another one is refused: `ingest` can rebuild it from the documents. */
const VERSION = 1;

/*
 * `chunks` is what was put. `words` indexes their words; porter finds `bookings` by `booking`. `pages` holds the vectors
 * side by side, 256 at a time, and is rebuilt whenever chunks change: read by rows, one search of 10,000 vectors took
 * 50 to 100 ms, read by pages 15.
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
  CREATE VIRTUAL TABLE words USING fts5(
    heading, text, content = 'chunks', content_rowid = 'key', tokenize = 'porter unicode61 remove_diacritics 2'
  );
  CREATE TRIGGER chunk_put AFTER INSERT ON chunks BEGIN
    INSERT INTO words(rowid, heading, text) VALUES (new.key, new.heading, new.text);
  END;
  CREATE TRIGGER chunk_removed AFTER DELETE ON chunks BEGIN
    INSERT INTO words(words, rowid, heading, text) VALUES ('delete', old.key, old.heading, old.text);
  END;
  CREATE TABLE pages (
    page INTEGER PRIMARY KEY,
    space TEXT NOT NULL,
    keys BLOB NOT NULL,
    vectors BLOB NOT NULL
  );
  PRAGMA user_version = ${VERSION};
`;

/** Settings of every connection: readers go on while one writes, and nobody waits for ever. */
const SETTINGS = `
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -1024;
  PRAGMA foreign_keys = ON;
`;

/**
 * Makes a database ready for use.
 * @throws {AppError} `knowledge_other_version`
 */
export function prepareDatabase(database: DatabaseSync, path: string): void {
  database.exec(SETTINGS);
  transaction(database, () => {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version === VERSION) return;
    if (version === 0) return database.exec(TABLES);
    throw new AppError(
      "knowledge_other_version",
      `${path} has version ${version}, but wanted is ${VERSION}: delete it and run slimline ingest again.`,
    );
  });
}
