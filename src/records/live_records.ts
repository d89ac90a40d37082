import type { Log } from "../observability/log.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import type { CallRecord } from "./call_record.ts";

/** Time between two checkpoints of a call in progress: the most that a crash can lose of it. */
export const CHECKPOINT_MS = 15_000;
/** Held by the process that the folder belongs to. */
const LOCK = "lock";

/** A call in progress, as it can be written down at any time. Redacted already. */
export type LiveCall = () => CallRecord;

/** What {@link LiveRecords} work with. */
export interface LiveRecordsOptions {
  /** Holds a folder for each process that keeps its data here. */
  folder: string;
  clock: Clock;
  log: Log;
}

/**
 * Checkpoints of the calls in progress, each a file in this process's own folder that is overwritten again and again. When
 * the process dies, the next one to start finds the folder without an owner and adopts its calls.
 */
export class LiveRecords implements AsyncDisposable {
  readonly #options: LiveRecordsOptions;
  readonly #folder: string;
  readonly #calls = new Map<string, LiveCall>();
  #lock: Deno.FsFile | undefined;
  #made: Promise<void> | undefined;
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

  /** The call is over, and its record is safe elsewhere. Resolves when the checkpoint is deleted. */
  ended(key: string): Promise<void> {
    if (!this.#calls.delete(key)) return Promise.resolve();
    this.#queue(() => Deno.remove(this.#path(key)));
    return this.#writing;
  }

  /**
   * Hands the last checkpoints of dead processes to `adopt`, and deletes each when that has resolved.
   * @throws whatever the disk fails with
   */
  async recover(adopt: (record: CallRecord) => Promise<void>): Promise<void> {
    for (const folder of await this.#otherFolders()) {
      using lock = await lockIfAbandoned(folder);
      if (!lock) continue; // its owner lives
      for await (const { name } of Deno.readDir(folder)) {
        if (!name.endsWith(".json")) continue;
        const path = `${folder}/${name}`;
        const record = parsed(await Deno.readTextFile(path));
        if (record) await adopt(record);
        else this.#options.log.error("checkpoint_unreadable", { file: name });
        await Deno.remove(path);
      }
      await Deno.remove(folder, { recursive: true });
    }
  }

  /** Calls that are still in progress keep their checkpoints. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#writing;
    this.#lock?.close();
    if (this.#lock && this.#calls.size === 0) await Deno.remove(this.#folder, { recursive: true });
    this.#lock = undefined;
  }

  async #otherFolders(): Promise<string[]> {
    const folders: string[] = [];
    try {
      for await (const { name, isDirectory } of Deno.readDir(this.#options.folder)) {
        const folder = `${this.#options.folder}/${name}`;
        if (isDirectory && folder !== this.#folder) folders.push(folder);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return folders;
  }

  #schedule(): Timer {
    return after(this.#options.clock, CHECKPOINT_MS, () => {
      this.#timer = this.#calls.size > 0 ? this.#schedule() : undefined;
      if (!this.#isInRound) this.#queueRound();
    });
  }

  /** Writes a checkpoint of each call. A disk that is too slow for this gets no second round on top of the first. */
  #queueRound(): void {
    const keys = [...this.#calls.keys()];
    this.#isInRound = true;
    this.#queue(async () => {
      try {
        for (const key of keys) await this.#write(key);
      } finally {
        this.#isInRound = false;
      }
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
    await (this.#made ??= this.#make());
    // Not synced: it guards against the death of the process, not of the machine.
    const unfinished = `${this.#path(key)}.part`;
    await Deno.writeTextFile(unfinished, JSON.stringify(call()));
    await Deno.rename(unfinished, this.#path(key));
    this.#hasFailed = false;
  }

  /** Makes the folder, with its lock held before anyone can see it. After a failure the next checkpoint tries again. */
  async #make(): Promise<void> {
    try {
      const unfinished = `${this.#folder}.part`;
      await Deno.mkdir(unfinished, { recursive: true });
      this.#lock = await Deno.open(`${unfinished}/${LOCK}`, { write: true, create: true });
      await this.#lock.lock(true);
      await Deno.rename(unfinished, this.#folder);
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }

  #path(key: string): string {
    return `${this.#folder}/${key}.json`;
  }
}

/**
 * Locks a folder whose owner is gone; undefined when the owner lives. Deno 2.4.2, which the executable may be built with,
 * cannot ask: there, only one process may use a data folder.
 */
async function lockIfAbandoned(folder: string): Promise<Deno.FsFile | undefined> {
  const file = await Deno.open(`${folder}/${LOCK}`, { write: true, create: true });
  if (!("tryLock" in file) || await file.tryLock(true)) return file;
  file.close();
  return undefined;
}

function parsed(text: string): CallRecord | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
