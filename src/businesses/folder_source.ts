import { decodeText } from "../util/decode_text.ts";
import type { Clock } from "../util/clock.ts";
import { AppError } from "../util/errors.ts";
import { fileBelow, isPlainName } from "../util/file_below.ts";
import { DEFAULT_BUSINESS } from "./business.ts";
import { descriptionName } from "./description_text.ts";
import { FolderWatch } from "./folder_watch.ts";
import { readBusiness, TEXT_WANTED } from "./read_business.ts";
import { MAX_INSTRUCTIONS_CHARS } from "./schema/business_file.ts";
import type { SecretLookup } from "./secrets.ts";
import {
  type BusinessSource,
  type Description,
  MAX_BUSINESSES,
  MAX_DESCRIPTION_BYTES,
  type ReadDescription,
  toDescription,
} from "./source.ts";

/** Most bytes of an instructions file: no character has more than 4. */
const MAX_INSTRUCTIONS_BYTES = MAX_INSTRUCTIONS_CHARS * 4;

const NOT_PERMITTED =
  "the program may not read there. The executable reads below the folder that it is started in, " +
  "deno task serve below ./businesses; deno run takes --allow-read=FOLDER";

/** Whether a file of this name describes a business, and is neither the schema nor an example. */
export function isBusinessFile(file: string): boolean {
  const name = descriptionName(file);
  return name !== undefined && !name.startsWith(".") && !/\.(?:schema|example)$/.test(name);
}

/**
 * Businesses in a folder: each `NAME.json`, `.jsonc` or `.yaml` is one. Instructions may be in files beside
 * them or below.
 */
export class FolderSource implements BusinessSource {
  readonly name: string;
  /** For a first try: calls are answered before any file is written. */
  readonly ifNone = [DEFAULT_BUSINESS];
  readonly mayBeAway = false;
  readonly #secrets: SecretLookup;
  readonly #clock: Clock;

  constructor(folder: string, secrets: SecretLookup, clock: Clock) {
    this.name = folder;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  async read(): Promise<Description | undefined> {
    const files = await this.#files();
    if (files === undefined) return undefined;
    const read: ReadDescription[] = [];
    for (const file of files) {
      const result = await this.#readFile(file);
      if (result !== undefined) read.push({ file: printable(file), ...result });
    }
    return toDescription(read);
  }

  watch(onChange: () => void, onEnd: (error: unknown) => void): Disposable {
    return new FolderWatch(this.name, this.#clock, { onChange, onEnd });
  }

  /** Names of the business files, sorted; undefined when the folder does not exist. */
  async #files(): Promise<string[] | undefined> {
    const names: string[] = [];
    try {
      // Links count: the files that are mounted into a container are all links.
      for await (const { name, isDirectory } of Deno.readDir(this.name)) {
        if (!isDirectory && isBusinessFile(name)) names.push(name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof Deno.errors.NotCapable) throw new Error(NOT_PERMITTED, { cause: error });
      throw error;
    }
    if (names.length > MAX_BUSINESSES) {
      throw new RangeError(`There are ${names.length} business files; at most ${MAX_BUSINESSES} are read.`);
    }
    return names.sort();
  }

  /** Undefined when the file has gone since it was listed. */
  async #readFile(file: string) {
    const shown = printable(file);
    const wrong = (problem: string) => ({ problems: [{ file: shown, path: "", problem }] });
    if (shown !== file) return wrong("must have a name without control characters");
    let text: string;
    try {
      text = await readText(await fileBelow(this.name, file), MAX_DESCRIPTION_BYTES);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof AppError && error.code === "text_encoding") return wrong(TEXT_WANTED);
      if (error instanceof AppError) {
        return wrong("must be a file of its own, in this folder: links may not lead out of it");
      }
      if (error instanceof RangeError) return wrong(`must have at most ${MAX_DESCRIPTION_BYTES} bytes`);
      return wrong("must be a file that can be read");
    }
    return await readBusiness(file, text, {
      secrets: this.#secrets,
      named: { id: descriptionName(file) ?? file, by: "the file's name" },
      readInstructions: async (path) => readText(await fileBelow(this.name, path), MAX_INSTRUCTIONS_BYTES),
      findFile: (path) => fileBelow(this.name, path),
    });
  }
}

/** A name as it may be printed. */
function printable(file: string): string {
  return isPlainName(file) ? file : encodeURIComponent(file);
}

/**
 * @throws {RangeError} for a larger file, before it is read
 * @throws {AppError} `text_encoding`
 */
async function readText(path: string, maxBytes: number): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size > maxBytes) throw new RangeError(`${path} has ${size} bytes; at most ${maxBytes} are read.`);
  return decodeText(await Deno.readFile(path));
}
