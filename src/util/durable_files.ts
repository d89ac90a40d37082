import { dirname } from "node:path";
import { ignoreGone } from "./disk_errors.ts";
import { PERMISSION_BITS, PRIVATE_FILE } from "./private_files.ts";

/** A file that is being written. */
export const UNFINISHED = ".part";

/**
 * Writes a private file so that it is there whole or not at all, even after a power cut. Its name is safe
 * once {@link syncFolder} has resolved, too.
 *
 * @param prepare what else is to be done with it before it is in its place
 */
export function writeWhole(
  path: string,
  bytes: Uint8Array,
  prepare?: (unfinished: string) => Promise<void>,
): Promise<void> {
  return replaceFile(path, async (unfinished) => {
    using file = await Deno.open(unfinished, { write: true, truncate: true, ...PRIVATE_FILE });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await prepare?.(unfinished);
    await (prepare ? file.sync() : file.syncData()); // owner and mode are no data
  });
}

/**
 * Replaces the text of a file that is there: it has the old or the new one, even after a power cut, and stays
 * its owner's. Behind a link, the link stays.
 *
 * @param mode of the file; default as it was
 */
export async function replaceText(path: string, text: string, mode?: number): Promise<void> {
  const target = await Deno.realPath(path);
  const before = await Deno.stat(target);
  await writeWhole(target, new TextEncoder().encode(text), async (unfinished) => {
    const made = await Deno.stat(unfinished);
    if (made.uid !== before.uid || made.gid !== before.gid) {
      await Deno.chown(unfinished, before.uid, before.gid);
    }
    const wanted = mode ?? before.mode;
    if (wanted !== null) await Deno.chmod(unfinished, wanted & PERMISSION_BITS); // Windows has none
  });
  await syncFolder(dirname(target));
}

/**
 * The same for the death of the process alone, of the machine not.
 *
 * @param unfinished where it is written. Default: beside `path`, for files that one process writes
 */
export function writeWholeText(path: string, text: string, unfinished?: string): Promise<void> {
  return replaceFile(path, (part) => Deno.writeTextFile(part, text, PRIVATE_FILE), unfinished);
}

async function replaceFile(
  path: string,
  write: (unfinished: string) => Promise<void>,
  unfinished = path + UNFINISHED,
): Promise<void> {
  try {
    await write(unfinished);
    await Deno.rename(unfinished, path);
  } catch (error) {
    // It takes room; the first error is the one to tell.
    await ignoreGone(Deno.remove(unfinished)).catch(() => {});
    throw error;
  }
}

/** A new name in a folder is safe when the folder is. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

/** What was written to a file, by whomever, is safe from then on. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.syncData();
}

/** Whether a file that is open is still the one at its path: one that cannot be looked at is not. */
export async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [{ ino, dev }, there] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
  return there !== undefined && there.ino === ino && there.dev === dev;
}

/**
 * Locks a file that no other process has locked; undefined when one has. Deno 2.4.2, which the executable may
 * be built with, cannot ask: there, only one process may use a data folder.
 *
 * @param file is closed unless it is returned
 * @throws what the system says where it has no locks
 */
export async function tryLock(file: Deno.FsFile): Promise<Deno.FsFile | undefined> {
  let isHeld = false;
  try {
    isHeld = !("tryLock" in file) || await file.tryLock(true);
    return isHeld ? file : undefined;
  } finally {
    if (!isHeld) file.close();
  }
}
