/** Only the user that the server runs as reads and writes what it keeps. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
export const PERMISSION_BITS = 0o777;
/** A folder that belongs to everybody, such as `/tmp`. */
const STICKY_BIT = 0o1000;

/** How a private file is made, with its text or by opening it, whatever the umask. */
export const PRIVATE_FILE = { create: true, mode: FILE_MODE } as const;

/** Makes a folder, and what is missing above it, for this user alone. */
export async function makePrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

/**
 * Makes the empty file of a database, or tightens the one that is there: SQLite gives the mode of the file to
 * those that it makes beside it. Its folder is made if it is missing.
 */
export function makePrivateDatabase(path: string): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: FOLDER_MODE });
  try {
    Deno.openSync(path, { write: true, ...PRIVATE_FILE }).close();
  } catch (error) {
    if (!existsSync(path)) throw error; // else SQLite may be able to read it all the same
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      const { mode } = Deno.lstatSync(file);
      if (isTooOpen(mode, FILE_MODE)) Deno.chmodSync(file, FILE_MODE);
    } catch {
      // It is not there, or it belongs to another user, who has let this one use it.
    }
  }
}

/** What the server keeps in its data folder. */
const KEPT =
  /^(records\.db(-wal|-shm|-journal|\.opening)?|live|outbound|outbox|recordings|knowledge|hold|admin-token|twilio-before\.json)$/;

/** How many files and folders were tightened, and how many could not be. */
export interface Tightened {
  tightened: number;
  failed: number;
}

/**
 * Takes the rights of all other users from what the server keeps in its data folder, as an earlier version or
 * another umask may have made it; from the folder itself only where it holds nothing else. Links are left
 * alone.
 */
export async function tightenDataFolder(path: string): Promise<Tightened> {
  const done = { tightened: 0, failed: 0 };
  const entries = await entriesOf(path, done);
  let isOurs = entries.length > 0;
  for (const { name, isFile, isDirectory } of entries) {
    const isKept = KEPT.test(name);
    isOurs &&= isKept;
    if (isKept && isDirectory) await tightenFolder(`${path}/${name}`, done);
    if (isKept && isFile) await tighten(`${path}/${name}`, FILE_MODE, done);
  }
  if (isOurs) await tighten(path, FOLDER_MODE, done);
  return done;
}

async function tightenFolder(path: string, done: Tightened): Promise<void> {
  await tighten(path, FOLDER_MODE, done);
  for (const { name, isFile, isDirectory } of await entriesOf(path, done)) {
    if (isDirectory) await tightenFolder(`${path}/${name}`, done);
    if (isFile) await tighten(`${path}/${name}`, FILE_MODE, done);
  }
}

async function entriesOf(path: string, done: Tightened): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) done.failed++;
    return [];
  }
}

async function tighten(path: string, wanted: number, done: Tightened): Promise<void> {
  try {
    const { mode } = await Deno.lstat(path);
    if (!isTooOpen(mode, wanted) || ((mode ?? 0) & STICKY_BIT) !== 0) return;
    await Deno.chmod(path, wanted);
    done.tightened++;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) done.failed++;
  }
}

function existsSync(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false; // or out of reach, and so out of everybody's
  }
}

/** Windows knows no modes. */
function isTooOpen(mode: number | null, wanted: number): boolean {
  return mode !== null && (mode & PERMISSION_BITS & ~wanted) !== 0;
}
