import { AppError, messageOf } from "../util/errors.ts";
import { decodeText } from "../util/decode_text.ts";
import { FIELDS } from "./fields.ts";

/** Where variables may stand, in the folder that the program is started in. */
export const ENV_FILE = ".env";

/** Largest file that is read. */
const MAX_FILE_BYTES = 64 * 1024;
/** A name, perhaps behind `export`, and what follows it. */
const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
/** Secrets that business files name. */
const BUSINESS_NAME = /^BUSINESS_[A-Z0-9_]{1,100}$/;

const NAMES: ReadonlySet<string> = new Set(Object.values(FIELDS).map(({ env }) => env));

/**
 * The variables of a file that are ours: those of {@link FIELDS}, and secrets of businesses. Others belong to
 * other programs. The file is read here and not by a library, since those load modules of Node's that a
 * server would hold for as long as it runs.
 *
 * @param text lines of `NAME=VALUE`; a value may stand in single quotes, which keep it as it is, or in double
 * quotes, where a backslash stands before a quote, a backslash or the `n` of a line's end
 * @throws {AppError} `config_invalid`, with the number of the first line that is none, and never its text
 */
export function parseEnvFile(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [index, line] of text.replace(/^\uFEFF/, "").split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, name, rest] = LINE.exec(trimmed) ?? [];
    const value = name === undefined ? undefined : readValue(rest);
    if (value === undefined) {
      throw new AppError(
        "config_invalid",
        `${ENV_FILE}, line ${index + 1}: NAME=VALUE is wanted, with the value in quotes if it has any; ` +
          "a comment begins with #.",
      );
    }
    if (NAMES.has(name) || BUSINESS_NAME.test(name)) variables.set(name, value);
  }
  return variables;
}

/** A value without its quotes, and without a comment behind it. Undefined: its quotes do not fit. */
function readValue(text: string): string | undefined {
  const quoted = /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  const escaped = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1];
  if (escaped !== undefined) {
    return escaped.replace(/\\(.)/g, (_, char: string) => char === "n" ? "\n" : char);
  }
  if (/^['"]/.test(text)) return undefined;
  const comment = /^#|\s#/.exec(text)?.index; // and no longer pattern: it would look again from each space
  return comment === undefined ? text : text.slice(0, comment).trimEnd();
}

/** A line of such a file: the value as it is where every reader takes it so, else in double quotes. */
export function envLine(name: string, value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]*$/.test(value)) return `${name}=${value}`;
  return `${name}="${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/**
 * The variables of `.env` in the current folder. None where there is no such file, or this process may not
 * read it.
 *
 * @throws {AppError} `config_invalid` when there is one that cannot be used
 */
export async function readEnvFile(path: string = ENV_FILE): Promise<Map<string, string>> {
  let bytes: Uint8Array;
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new TypeError("it is no file"); // a pipe or a device may have no end
    if (size > MAX_FILE_BYTES) {
      throw new RangeError(`it has ${size} bytes; at most ${MAX_FILE_BYTES} are read`);
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return new Map();
    throw new AppError("config_invalid", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  let text: string;
  try {
    text = decodeText(bytes);
  } catch (error) {
    throw new AppError("config_invalid", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseEnvFile(text);
}
