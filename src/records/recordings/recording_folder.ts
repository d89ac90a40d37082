import { ignoreGone } from "../../util/disk_errors.ts";
import { syncFolder, UNFINISHED, writeWhole } from "../../util/durable_files.ts";
import { makePrivateFolder } from "../../util/private_files.ts";
import { MAX_RECORDINGS, MAX_RECORDINGS_BYTES, type RecordingStore } from "./recording_store.ts";

/** Digits of a Unix time in milliseconds, so that names sort by the time of deletion. */
const TIME_DIGITS = 15;
const NAME = /^(\d{15})_(RE[0-9A-Za-z]+)\.wav$/;
/** After this long nobody will finish writing a file. */
const ABANDONED_MS = 3_600_000;

/** A recording that is in the folder. */
interface RecordingFile {
  readonly name: string;
  readonly expiresMs: number;
  readonly bytes: number;
}

/**
 * Recordings in files of this machine, for this user alone. Each is named by the time of its deletion, and
 * its id.
 */
export class RecordingFolder implements RecordingStore {
  readonly #folder: string;
  readonly #bounds: { readonly maxFiles: number; readonly maxBytes: number };
  /**
   * By id; undefined until it is needed, and after each deletion, since other processes may use the folder.
   */
  #files: Promise<Map<string, RecordingFile>> | undefined;
  #puts: Promise<unknown> = Promise.resolve();

  /** @param folder made when the first recording comes */
  constructor(folder: string, bounds = { maxFiles: MAX_RECORDINGS, maxBytes: MAX_RECORDINGS_BYTES }) {
    this.#folder = folder;
    this.#bounds = bounds;
  }

  put(sid: string, bytes: Uint8Array<ArrayBuffer>, expiresAt: string): Promise<boolean> {
    const put = this.#puts.then(() => this.#put(sid, bytes, Date.parse(expiresAt)));
    this.#puts = put.catch(() => {}); // whoever asked is told
    return put;
  }

  async get(sid: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // Another process may have put it.
    const file = (await this.#known()).get(sid) ?? (await this.#read()).get(sid);
    if (!file) return undefined;
    const bytes = await ignoreGone(Deno.readFile(`${this.#folder}/${file.name}`));
    if (!bytes) this.#files = undefined;
    return bytes;
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const files = [...(await this.#read()).values()].filter(({ expiresMs }) => expiresMs <= nowMs);
    for (const { name } of files) await ignoreGone(Deno.remove(`${this.#folder}/${name}`));
    this.#files = undefined;
    return files.length;
  }

  async #put(sid: string, bytes: Uint8Array<ArrayBuffer>, expiresMs: number): Promise<boolean> {
    await makePrivateFolder(this.#folder);
    const files = await this.#known();
    const old = files.get(sid);
    const { maxFiles, maxBytes } = this.#bounds;
    const used = files.values().reduce((sum, file) => sum + file.bytes, 0);
    if (!old && (files.size >= maxFiles || used + bytes.length > maxBytes)) return false;
    const name = `${String(expiresMs).padStart(TIME_DIGITS, "0")}_${sid}.wav`;
    await writeWhole(`${this.#folder}/${name}`, bytes);
    await syncFolder(this.#folder);
    if (old && old.name !== name) await ignoreGone(Deno.remove(`${this.#folder}/${old.name}`));
    files.set(sid, { name, expiresMs, bytes: bytes.length });
    return true;
  }

  #known(): Promise<Map<string, RecordingFile>> {
    return this.#files ?? this.#read();
  }

  #read(): Promise<Map<string, RecordingFile>> {
    const reading = this.#readFolder();
    this.#files = reading;
    reading.catch(() => {
      if (this.#files === reading) this.#files = undefined;
    });
    return reading;
  }

  async #readFolder(): Promise<Map<string, RecordingFile>> {
    const files = new Map<string, RecordingFile>();
    try {
      for await (const { name } of Deno.readDir(this.#folder)) {
        const path = `${this.#folder}/${name}`;
        const stat = await Deno.stat(path).catch(() => undefined); // or it is gone just now
        const [, expires, sid] = NAME.exec(name) ?? [];
        if (stat && sid !== undefined) {
          files.set(sid, { name, expiresMs: Number(expires), bytes: stat.size });
        } else if (name.endsWith(UNFINISHED) && Date.now() - (stat?.mtime?.getTime() ?? 0) > ABANDONED_MS) {
          await ignoreGone(Deno.remove(path));
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // nothing was ever kept
    }
    return files;
  }
}
