import type { NumberChange } from "../app/number_settings.ts";
import { ignoreGone } from "../util/disk_errors.ts";
import { writeWhole } from "../util/durable_files.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { isObject } from "../util/is_object.ts";
import { makePrivateFolder } from "../util/private_files.ts";

/** Settings of a number at Twilio, by their names. */
export type Settings = Readonly<Record<string, string>>;

/** What a number was before it was changed from here. */
export interface KeptNumber {
  /** In E.164. */
  readonly number: string;
  readonly accountSid: string;
  /** The settings that were changed, as they were. */
  readonly before: Settings;
  /** The same settings, as they were changed to. */
  readonly after: Settings;
}

/** Name of the file in `DATA_DIR`. */
const FILE = "twilio-before.json";
/** Largest file that is read: some hundreds of bytes a number. */
const MAX_FILE_BYTES = 4 * 2 ** 20;

/**
 * Adds a change to what is kept. A setting that was changed from here before, and by nobody since, keeps what
 * it was at first.
 */
export function keepBefore(
  kept: readonly KeptNumber[],
  { number, accountSid, changes }: NumberChange,
): KeptNumber[] {
  const known = kept.find((one) => one.number === number && one.accountSid === accountSid);
  const before = { ...known?.before };
  const after = { ...known?.after };
  for (const { setting, from, to } of changes) {
    if (before[setting] === undefined || after[setting] !== from) before[setting] = from;
    after[setting] = to;
  }
  return [...kept.filter((one) => one !== known), { number, accountSid, before, after }];
}

/** What is kept in a data folder; nothing where nothing was changed. @throws {AppError} `kept_unreadable` */
export async function readKept(dataDir: string): Promise<KeptNumber[]> {
  const path = `${dataDir}/${FILE}`;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has ${size} bytes`);
    const kept: unknown = JSON.parse(await Deno.readTextFile(path));
    if (!Array.isArray(kept) || !kept.every(isKept)) throw new TypeError("it is not what was written there");
    return kept;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new AppError("kept_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Keeps this in a data folder, for this user alone; no file where there is nothing.
 * @throws {AppError} `kept_unwritable`
 */
export async function writeKept(dataDir: string, kept: readonly KeptNumber[]): Promise<void> {
  const path = `${dataDir}/${FILE}`;
  try {
    if (kept.length === 0) {
      return await ignoreGone(Deno.remove(path));
    }
    await makePrivateFolder(dataDir);
    await writeWhole(path, new TextEncoder().encode(`${JSON.stringify(kept, undefined, 2)}\n`));
  } catch (error) {
    throw new AppError("kept_unwritable", `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

function isKept(value: unknown): value is KeptNumber {
  if (!isObject(value)) return false;
  const { number, accountSid, before, after } = value;
  return typeof number === "string" && typeof accountSid === "string" && isSettings(before) &&
    isSettings(after);
}

function isSettings(value: unknown): value is Settings {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}
