import { setTimeout } from "node:timers/promises";

/** How long, in all, an opening waits for other processes. */
const WITHIN_MS = 5_000;
/** Between two tries; a random part of it, so that those that wait do not meet again. */
const BETWEEN_MS = 60;

/**
 * Opens a SQLite database that other processes may be opening, too. Whoever turns it to WAL mode or makes its
 * tables locks it for a moment, and SQLite refuses the others at once, whatever their `busy_timeout`. Calls
 * go on meanwhile.
 *
 * @param open tries it once, and leaves nothing open when it throws
 * @throws what `open` throws, when that is no lock or the lock stays for five seconds
 */
export async function onceUnlocked<Opened>(open: () => Opened): Promise<Opened> {
  const untilMs = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isLocked(error) || performance.now() >= untilMs) throw error;
    }
    await setTimeout(BETWEEN_MS * (0.2 + 0.8 * Math.random()));
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
