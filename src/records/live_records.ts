import type { Log } from "../observability/log.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { isAt, tryLock, UNFINISHED, writeWholeText } from "../util/durable_files.ts";
import { ignoreGone } from "../util/disk_errors.ts";
import { messageOf } from "../util/errors.ts";
import { makePrivateFolder, PRIVATE_FILE } from "../util/private_files.ts";
import type { CallRecord } from "./call_record.ts";
import { parseRecord } from "./parse_record.ts";

/** Time between two checkpoints of a call in progress: the most that a crash can lose of it. */
export const CHECKPOINT_MS = 15_000;
/** Held by the process that the folder belongs to. */
const LOCK = "lock";
const ENDING = ".json";

/** A call in progress, as it can be written down at any time. Redacted already. */
export type LiveCall = () => CallRecord | Promise<CallRecord>;

/** Takes up a call that nobody saw end, by the key that it began with. */
type Adopt = (record: CallRecord, key: string) => Promise<void>;

/** What {@link LiveRecords} work with. */
export interface LiveRecordsOptions {
  /** Holds a folder for each process that keeps its data here. */
  folder: string;
  clock: Clock;
  log: Log;
}

/**
 * Checkpoints of the calls in progress, each a file in this process's own folder that is overwritten again
 * and again. When the process dies, the next one to start finds the folder without an owner and adopts its
 * calls.
 */
export class LiveRecords implements AsyncDisposable {
  readonly #options: LiveRecordsOptions;
  readonly #folder: string;
  readonly #calls = new Map<string, LiveCall>();
  /** Calls whose checkpoint is on the disk. */
  readonly #written = new Set<string>();
  /** A checkpoint stays behind for the next process. */
  #leavesSome = false;
  #lock: Deno.FsFile | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** A round of checkpoints is queued or being written. */
  #isInRound = false;
  #hasFailed = false;

  constructor(options: LiveRecordsOptions) {
    this.#options = options;
    this.#folder = `${options.folder}/${crypto.randomUUID()}`;
  }

  /** A call has begun; its first checkpoint is written at once. @param key unique, and fit for a file name */
  begun(key: string, call: LiveCall): void {
    this.#calls.set(key, call);
    this.#queue(() => this.#write(key));
    this.#timer ??= this.#schedule();
  }

  /**
   * The call is over, but its record is safe nowhere else: its checkpoint becomes the record as soon as the
   * disk takes it.
   */
  became(key: string, record: CallRecord): void {
    if (this.#calls.has(key)) this.begun(key, () => record);
  }

  /** The call is over, and its record is safe elsewhere. Resolves when the checkpoint is deleted. */
  ended(key: string): Promise<void> {
    if (!this.#calls.delete(key)) return Promise.resolve();
    this.#queue(async () => {
      this.#written.delete(key);
      await ignoreGone(Deno.remove(this.#path(key)));
    });
    return this.#writing;
  }

  /**
   * The call is over, and its record could not be made safe: the checkpoint stays for the next process.
   * @returns false when there is none
   */
  left(key: string): boolean {
    this.#calls.delete(key);
    const isWritten = this.#written.delete(key);
    this.#leavesSome ||= isWritten;
    return isWritten;
  }

  /**
   * Hands the last checkpoints of dead processes to `adopt`, and deletes each when that has resolved. One
   * that the disk does not give, or that is not adopted, stays, and does not keep others from being so; one
   * that holds no record is logged and dropped.
   * @throws what failed first
   */
  async recover(adopt: Adopt): Promise<void> {
    await forEach(await this.#otherFolders(), async (folder) => {
      try {
        await this.#recoverFolder(folder, adopt);
      } catch (error) {
        if (await isThere(folder)) throw error; // else another process has taken it
      }
    });
  }

  /** Calls that are still in progress keep their checkpoints. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#writing;
    const lock = this.#lock;
    this.#lock = undefined;
    lock?.close();
    if (!lock || this.#calls.size > 0 || this.#leavesSome) return;
    await ignoreGone(Deno.remove(this.#folder, { recursive: true })).catch((error) => this.#onError(error));
  }

  async #recoverFolder(folder: string, adopt: Adopt): Promise<void> {
    using lock = await lockIfAbandoned(folder);
    if (!lock) return; // its owner lives
    await forEach(Deno.readDir(folder), async ({ name }) => {
      if (!name.endsWith(ENDING)) return;
      const path = `${folder}/${name}`;
      const record = parsed(await Deno.readTextFile(path));
      if (record) await adopt(record, name.slice(0, -ENDING.length));
      else this.#options.log.error("checkpoint_unreadable", { file: name });
      await Deno.remove(path);
    });
    await Deno.remove(folder, { recursive: true });
  }

  async #otherFolders(): Promise<string[]> {
    const { folder } = this.#options;
    const entries = await ignoreGone(Array.fromAsync(Deno.readDir(folder))) ?? [];
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => `${folder}/${name}`)
      .filter((path) => !path.startsWith(this.#folder));
  }

  #schedule(): Timer {
    return after(this.#options.clock, CHECKPOINT_MS, () => {
      this.#timer = this.#calls.size > 0 ? this.#schedule() : undefined;
      if (!this.#isInRound) this.#queueRound();
    });
  }

  /**
   * Writes a checkpoint of each call. A disk that is too slow for this gets no second round on top of the
   * first.
   */
  #queueRound(): void {
    const keys = [...this.#calls.keys()];
    this.#isInRound = true;
    for (const key of keys) this.#queue(() => this.#write(key));
    this.#queue(() => {
      this.#isInRound = false;
      return Promise.resolve();
    });
  }

  /** Works one after the other: a checkpoint never overtakes its removal. */
  #queue(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error) => this.#onError(error));
  }

  /** Logs the first failure, and no more until a checkpoint succeeds. */
  #onError(error: unknown): void {
    if (!this.#hasFailed) this.#options.log.error("checkpoints_fail", { message: messageOf(error) });
    this.#hasFailed = true;
  }

  async #write(key: string): Promise<void> {
    const call = this.#calls.get(key);
    if (!call) return;
    await this.#haveFolder();
    await writeWholeText(this.#path(key), JSON.stringify(await call()));
    this.#written.add(key);
    this.#hasFailed = false;
  }

  /**
   * Makes the folder if it is not there, or no more, with its lock held before anyone can see it: without the
   * lock, another process takes the calls for those of a dead one. After a failure the next checkpoint tries
   * again.
   */
  async #haveFolder(): Promise<void> {
    if (this.#lock && await isAt(this.#lock, `${this.#folder}/${LOCK}`)) return;
    this.#lock?.close();
    this.#lock = undefined;
    this.#lock = await this.#lockAgain() ?? await this.#makeFolder();
  }

  /** Locks the folder where it has only lost its lock. */
  async #lockAgain(): Promise<Deno.FsFile | undefined> {
    if (!await isThere(this.#folder)) return undefined;
    const path = `${this.#folder}/${LOCK}`;
    using opened = new DisposableStack();
    const lock = opened.use(await Deno.open(path, { write: true, ...PRIVATE_FILE }));
    await lock.lock(true);
    if (!await isAt(lock, path)) return undefined; // another process has taken the calls, and the folder
    opened.move();
    return lock;
  }

  async #makeFolder(): Promise<Deno.FsFile> {
    this.#written.clear();
    const unfinished = `${this.#folder}${UNFINISHED}`;
    await makePrivateFolder(unfinished);
    const lock = await Deno.open(`${unfinished}/${LOCK}`, { write: true, ...PRIVATE_FILE });
    try {
      await lock.lock(true);
      await Deno.rename(unfinished, this.#folder);
      return lock;
    } catch (error) {
      lock.close();
      // The first error is the one to tell.
      await Deno.remove(unfinished, { recursive: true }).catch(() => {});
      throw error;
    }
  }

  #path(key: string): string {
    return `${this.#folder}/${key}${ENDING}`;
  }
}

/** Does the work for each, whatever fails. @throws what failed first */
async function forEach<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for await (const item of items) await work(item).catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Locks a folder whose owner is gone; undefined when the owner lives. */
async function lockIfAbandoned(folder: string): Promise<Deno.FsFile | undefined> {
  return await tryLock(await Deno.open(`${folder}/${LOCK}`, { write: true, ...PRIVATE_FILE }));
}

/** Undefined for what no version of this program has written. */
function parsed(text: string): CallRecord | undefined {
  try {
    return parseRecord(text);
  } catch {
    return undefined;
  }
}
