/** No space left, quota exceeded, file too large: of the system. */
const FULL_CODES: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG"];
/** SQLITE_FULL, in the lowest byte of an extended code. */
const SQLITE_FULL = 13;

/** Whether something failed because the disk takes no more, by what the system or SQLite says. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (FULL_CODES.includes(code) || (typeof errcode === "number" && (errcode & 0xff) === SQLITE_FULL)) {
    return true;
  }
  // Without a code where several statements were run at once.
  return error.message === "database or disk is full";
}

/** What a write is tried with: SQLite needs some pages to begin anything. */
const PROBE_BYTES = 65_536;

/**
 * Whether a folder takes no more, by a file that is written there and deleted: for errors that do not say so.
 */
export function isDiskFullAt(folder: string): boolean {
  const probe = `${folder}/probe-${crypto.randomUUID()}.part`;
  try {
    Deno.writeFileSync(probe, new Uint8Array(PROBE_BYTES), { createNew: true });
    return false;
  } catch (error) {
    return isDiskFull(error);
  } finally {
    try {
      Deno.removeSync(probe);
    } catch {
      // It could not be made.
    }
  }
}

/**
 * Waits for what the disk is asked for. That what it was about is gone already is no failure: then it is
 * undefined.
 */
export async function ignoreGone<Result>(done: Promise<Result>): Promise<Result | undefined> {
  try {
    return await done;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
