import type { DatabaseSync } from "node:sqlite";

/** Runs `work` as a whole or not at all. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has done so already, as it does when the disk is full: the first error is the one to tell.
    }
    throw error;
  }
}
