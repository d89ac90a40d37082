import { AppError, messageOf } from "../../util/errors.ts";

/**
 * Writes what a command was asked to leave behind.
 * @throws {AppError} `file_not_written` that names the file
 */
export async function writeFile(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    throw new AppError("file_not_written", `${path} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
