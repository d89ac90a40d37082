import { AppError } from "./errors.ts";

/** Longest name or path of a file below a folder, in characters. */
const MAX_PATH_CHARS = 1_000;

/**
 * Whether a name may be printed and looked for: it has no control characters, marks of direction or
 * separators of lines.
 */
export function isPlainName(name: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) && name.length <= MAX_PATH_CHARS;
}

/**
 * The path of a regular file below a folder. Links may lead to files below the same folder only, wherever the
 * path was written: in a business file, by a symbolic link, or by a folder above the file.
 *
 * @param path from the folder
 * @throws {AppError} `file_outside`
 * @throws {Deno.errors.NotFound} and the like
 */
export async function fileBelow(folder: string, path: string): Promise<string> {
  const refuse = (why: string) => new AppError("file_outside", `${JSON.stringify(path)} ${why}.`);
  if (!isPlainName(path)) throw refuse("has characters that no name may have");
  const file = `${folder}/${path}`;
  const [realFolder, realFile] = await Promise.all([Deno.realPath(folder), Deno.realPath(file)]);
  if (!realFile.startsWith(realFolder === "/" ? "/" : `${realFolder}/`)) {
    throw refuse(`leads out of ${folder}`);
  }
  if (!(await Deno.stat(file)).isFile) throw refuse("is no file"); // reading a pipe would never end
  return file;
}
