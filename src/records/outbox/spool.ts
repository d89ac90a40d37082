import { ignoreGone } from "../../util/disk_errors.ts";
import { AppError } from "../../util/errors.ts";
import { syncFolder, UNFINISHED, writeWhole } from "../../util/durable_files.ts";
import { makePrivateFolder, PRIVATE_FILE } from "../../util/private_files.ts";

/** Bounds of a {@link Spool}. */
export interface SpoolOptions {
  /** Made if it is missing. */
  folder: string;
  /** Files that may wait. */
  maxFiles: number;
  /** Bytes that they may have in all. */
  maxBytes: number;
  /** Unix time. */
  nowMs: () => number;
}

const ENDING = ".json";
/** After this long nobody will finish it; until then another process may. */
const ABANDONED_MS = 3_600_000;

/**
 * Texts in a folder, each in a file of its own that is there whole or not at all, whatever happens to the
 * process or the machine. A full spool refuses more. Names sort in the order of delivery.
 */
export class Spool {
  readonly #options: SpoolOptions;
  /** Bytes by name, of what waits. */
  readonly #waiting = new Map<string, number>();
  #bytes = 0;
  /** What is being written takes up room, but cannot be read yet. */
  readonly #beingWritten = { files: 0, bytes: 0 };
  #reading: Promise<void> | undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** How many wait, as far as this process knows. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Makes the folder and probes that it can be written to. @throws when it cannot */
  async check(): Promise<void> {
    await this.#read();
    const probe = `${this.#options.folder}/probe${UNFINISHED}`;
    await Deno.writeTextFile(probe, "", PRIVATE_FILE);
    await ignoreGone(Deno.remove(probe)); // another process probes, too
  }

  /** Names of what waits, in order, including what earlier processes left. */
  async names(): Promise<string[]> {
    await this.#read();
    return [...this.#waiting.keys()].sort();
  }

  /** Names of what waits in the folder now, in order, whichever process has put it there. */
  async namesOnDisk(): Promise<string[]> {
    const entries = await ignoreGone(Array.fromAsync(Deno.readDir(this.#options.folder))) ?? [];
    return entries.map(({ name }) => name).filter((name) => name.endsWith(ENDING)).sort();
  }

  /** Bytes of what waits by name, as far as this process knows. */
  get waiting(): ReadonlyMap<string, number> {
    return this.#waiting;
  }

  /**
   * Writes a text, over the one of that name if there is one. It is on the disk when the promise resolves. A
   * folder that has vanished is made again.
   * @throws {AppError} `outbox_full`; or whatever the disk fails with
   */
  async put(name: string, text: string): Promise<void> {
    await this.#read();
    const bytes = new TextEncoder().encode(text);
    const { folder, maxFiles, maxBytes } = this.#options;
    const writing = this.#beingWritten;
    const replaced = this.#waiting.get(name);
    const files = this.#waiting.size + writing.files - (replaced === undefined ? 0 : 1);
    const total = this.#bytes + writing.bytes - (replaced ?? 0);
    if (files >= maxFiles || total + bytes.length > maxBytes) {
      throw new AppError(
        "outbox_full",
        `${folder} holds ${files} files of ${total} bytes; it may hold ${maxFiles} of ${maxBytes}.`,
      );
    }
    writing.files++;
    writing.bytes += bytes.length;
    try {
      try {
        await writeWhole(`${folder}/${name}`, bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        this.#reading = undefined;
        await this.#read();
        await writeWhole(`${folder}/${name}`, bytes);
      }
      await syncFolder(folder);
      this.#note(name, bytes.length);
    } finally {
      writing.files--;
      writing.bytes -= bytes.length;
    }
  }

  /**
   * The text of that name; undefined when another process has taken it.
   * @throws as long as the whole folder is gone
   */
  async text(name: string): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(this.#path(name));
    } catch (error) {
      await this.#onMissing(name, error);
      return undefined;
    }
  }

  /**
   * Deletes what has been taken.
   * @throws as long as the whole folder is gone, which may come back with it
   */
  async remove(name: string): Promise<void> {
    try {
      await Deno.remove(this.#path(name));
    } catch (error) {
      await this.#onMissing(name, error);
    }
    this.#forget(name);
  }

  /**
   * Another process has taken what is missing, and others besides: all are forgotten by one look into the
   * folder. One that goes and comes back keeps what is in it, at whichever moment it is looked for.
   * @throws {unknown} `error`, where that is not so
   */
  async #onMissing(name: string, error: unknown): Promise<void> {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (!this.#waiting.has(name)) return;
    const taken = new Set(this.#waiting.keys()); // what is put meanwhile may not be seen
    for await (const { name: there } of Deno.readDir(this.#options.folder)) taken.delete(there);
    if (!taken.has(name)) throw error;
    for (const gone of taken) this.#forget(gone);
  }

  /** Makes the folder and finds what earlier processes left in it, once; again after a failure. */
  #read(): Promise<void> {
    return this.#reading ??= this.#readFolder().catch((error) => {
      this.#reading = undefined;
      throw error;
    });
  }

  async #readFolder(): Promise<void> {
    const { folder, nowMs } = this.#options;
    await makePrivateFolder(folder);
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const file = isFile && await ignoreGone(Deno.stat(`${folder}/${name}`));
      if (!file) continue; // or another process has taken it just now
      const { size, mtime } = file;
      if (name.endsWith(ENDING)) this.#note(name, size);
      else if (name.endsWith(UNFINISHED) && nowMs() - (mtime?.getTime() ?? 0) > ABANDONED_MS) {
        await ignoreGone(Deno.remove(`${folder}/${name}`));
      }
    }
  }

  #note(name: string, bytes: number): void {
    this.#forget(name);
    this.#waiting.set(name, bytes);
    this.#bytes += bytes;
  }

  #forget(name: string): void {
    this.#bytes -= this.#waiting.get(name) ?? 0;
    this.#waiting.delete(name);
  }

  #path(name: string): string {
    return `${this.#options.folder}/${name}`;
  }
}
