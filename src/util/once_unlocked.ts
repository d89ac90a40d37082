import { setTimeout } from "node:timers/promises";

/** How long, in all, an opening waits for other processes. */
const WITHIN_MS = 5_000;
/** Between two tries; a random part of it, so that those that wait do not meet again. */
const BETWEEN_MS = 60;
/** A process that has not opened its database by then has died while it did. */
const STALE_MS = 3_000;

/**
 * Opens a SQLite database that other processes may be opening, too: one after the other, by a folder beside
 * the file that stands while one of them is at it. Two at the same time refuse each other at once, whatever
 * their `busy_timeout`, and may even wait for each other for ten seconds, in which SQLite holds the event
 * loop ("locking protocol"). Calls go on meanwhile.
 *
 * @param path of the database, whose folder is made if it is missing
 * @param open tries it once, and leaves nothing open when it throws
 * @throws what `open` throws, when that is no lock or the lock stays for five seconds
 */
export async function onceUnlocked<Opened>(
  path: string,
  open: () => Opened | Promise<Opened>,
): Promise<Opened> {
  const untilMs = performance.now() + WITHIN_MS;
  const mark = `${path}.opening`;
  for (;;) {
    const isLast = performance.now() >= untilMs;
    if (takesTurn(mark) || isLast) {
      try {
        return await open();
      } catch (error) {
        if (!isLocked(error) || isLast) throw error;
      } finally {
        remove(mark);
      }
    }
    await setTimeout(BETWEEN_MS * (0.2 + 0.8 * Math.random()));
  }
}

/** Whether nobody else is opening the database. Where that cannot be known, everybody may. */
function takesTurn(mark: string): boolean {
  try {
    Deno.mkdirSync(mark.slice(0, mark.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    Deno.mkdirSync(mark, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) return true;
    if (!isStale(mark)) return false;
    remove(mark);
    return takesTurn(mark);
  }
  return true;
}

function isStale(mark: string): boolean {
  try {
    const { isDirectory, mtime } = Deno.lstatSync(mark);
    return isDirectory && Math.abs(Date.now() - (mtime?.getTime() ?? 0)) > STALE_MS;
  } catch {
    return false; // it is gone
  }
}

function remove(mark: string): void {
  try {
    Deno.removeSync(mark);
  } catch {
    // Whoever took this one for dead has removed it.
  }
}

/**
 * By SQLite's own texts of SQLITE_BUSY and SQLITE_PROTOCOL: there is no code where several statements run at
 * once.
 */
function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /\b(database is locked|locking protocol)\b/.test(error.message) || isLocked(error.cause);
}
