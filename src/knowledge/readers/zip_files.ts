import { unzipSync } from "fflate";
import { AppError } from "../../util/errors.ts";

/** Most bytes of all files of a document in a ZIP archive, unpacked. */
const MAX_UNPACKED_BYTES = 192 * 2 ** 20;

/**
 * The files of a document in a ZIP archive whose names are wanted.
 *
 * @throws {AppError} `document_too_costly`
 * @throws {Error} when it is no such archive
 */
export function unzipFiles(bytes: Uint8Array, isWanted: (name: string) => boolean): Map<string, Uint8Array> {
  let room = MAX_UNPACKED_BYTES;
  const files = unzipSync(bytes, {
    // A file gets no more memory than its size as the archive says it.
    filter: ({ name, originalSize }) => {
      if (!isWanted(name)) return false;
      room -= originalSize;
      if (room < 0) throw tooLarge();
      return true;
    },
  });
  return new Map(Object.entries(files));
}

/** Makes sure that an archive says of itself that it stays within bounds. @throws like {@link unzipFiles} */
export function checkZip(bytes: Uint8Array): void {
  let unpacked = 0;
  unzipSync(bytes, {
    filter: ({ originalSize }) => {
      unpacked += originalSize;
      return false;
    },
  });
  if (unpacked > MAX_UNPACKED_BYTES) throw tooLarge();
}

function tooLarge(): AppError {
  return new AppError("document_too_costly", `It unfolds to more than ${MAX_UNPACKED_BYTES >> 20} MiB.`);
}
