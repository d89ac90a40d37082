import { syncFile, syncFolder } from "./durable_files.ts";

/**
 * Makes the file of a SQLite database where there is none yet, while calls go on. Nothing can be lost of it
 * so far, and SQLite would wait for the disk several times, up to seconds where it is busy: here the
 * runtime's threads wait, once.
 *
 * @param make is to make it with `synchronous` off, and to leave nothing open
 */
export async function makeDatabase(path: string, make: () => void): Promise<void> {
  if (!isEmpty(path)) return;
  make();
  await syncFile(path);
  await syncFolder(path.slice(0, path.lastIndexOf("/")));
}

function isEmpty(path: string): boolean {
  try {
    return Deno.statSync(path).size === 0;
  } catch {
    return true; // or it cannot be read, as its opening will tell
  }
}
