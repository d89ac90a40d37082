import { isObject } from "../../util/is_object.ts";
import { ignoreGone } from "../../util/disk_errors.ts";
import { UNFINISHED, writeWholeText } from "../../util/durable_files.ts";
import { makePrivateFolder } from "../../util/private_files.ts";
import { type HoldClip, MAX_CLIP_MS } from "./hold_clip.ts";

/** Businesses whose sentences are kept on disk; beyond it, those written longest ago go. */
const MAX_KEPT_BUSINESSES = 10_000;
/** A file of four of the longest sentences is half as large. */
const MAX_FILE_BYTES = 100 * MAX_CLIP_MS;

/**
 * The sentences of businesses on disk, one file for each, so that they are made once and not with every
 * start. What is not readable counts as not there.
 */
export class HoldFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The sentences of a business; undefined when there are none that were made as `key` says. Never rejects.
   */
  async read(businessId: string, key: string): Promise<HoldClip[] | undefined> {
    try {
      const path = this.#path(businessId);
      if ((await Deno.stat(path)).size > MAX_FILE_BYTES) return undefined;
      const file: unknown = JSON.parse(await Deno.readTextFile(path));
      if (!isObject(file) || file.key !== key || !Array.isArray(file.clips)) return undefined;
      return file.clips.map(({ text, muLaw }) => ({
        text: String(text),
        muLaw: Uint8Array.fromBase64(muLaw),
      }));
    } catch {
      return undefined;
    }
  }

  /**
   * Keeps the sentences of a business in place of those that were there.
   * @param key of what they were made
   * @throws whatever the disk fails with
   */
  async write(businessId: string, key: string, clips: readonly HoldClip[]): Promise<void> {
    await makePrivateFolder(this.#folder);
    await this.#makeRoom();
    const text = JSON.stringify({
      key,
      clips: clips.map(({ text, muLaw }) => ({ text, muLaw: muLaw.toBase64() })),
    });
    const path = this.#path(businessId);
    await writeWholeText(path, text, `${path}.${crypto.randomUUID()}${UNFINISHED}`);
  }

  async #makeRoom(): Promise<void> {
    const files: string[] = [];
    for await (const { name } of Deno.readDir(this.#folder)) files.push(name);
    if (files.length < MAX_KEPT_BUSINESSES) return;
    const aged = await Promise.all(files.map(async (name) => {
      const path = `${this.#folder}/${name}`;
      return { path, ms: (await Deno.stat(path)).mtime?.getTime() ?? 0 };
    }));
    aged.sort((a, b) => a.ms - b.ms);
    const [oldest] = aged;
    await ignoreGone(Deno.remove(oldest.path));
  }

  #path(businessId: string): string {
    return `${this.#folder}/${businessId}.json`;
  }
}
