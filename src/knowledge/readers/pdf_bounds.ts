import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { AppError } from "../../util/errors.ts";

/** Longest unpacked stream of a PDF, in bytes: a page whose drawing is longer is a map, and no font is. */
const MAX_STREAM_BYTES = 32 * 2 ** 20;
/** How far before a stream its dictionary begins, at most. */
const MAX_DICTIONARY_BYTES = 2_048;

/**
 * Makes sure that no stream of a PDF unfolds to more than its reader should hold: pdf.js unpacks each to its
 * end. Pictures are left out, since they are not unpacked for their text, and what is encrypted, which cannot
 * be looked into.
 *
 * @throws {AppError} `document_too_costly`
 */
export function checkPdfStreams(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = file.indexOf("stream"); at >= 0; at = file.indexOf("stream", at + 6)) {
    const start = at + (file[at + 6] === 0x0d ? 8 : 7);
    const end = file.indexOf("endstream", start);
    if (end < 0) return;
    const before = file.toString("latin1", Math.max(0, at - MAX_DICTIONARY_BYTES), at);
    const dictionary = before.slice(before.lastIndexOf(" obj") + 1);
    const times = /\/Subtype\s*\/Image/.test(dictionary)
      ? 0
      : dictionary.match(/\/(?:FlateDecode|Fl)\b/g)?.length ?? 0;
    unpack(file.subarray(start, end), times);
    at = end + 3; // the `stream` of `endstream` is no other one
  }
}

function unpack(packed: Uint8Array, times: number): void {
  let data = packed;
  for (let time = 0; time < times; time++) {
    try {
      data = inflateSync(data, { maxOutputLength: MAX_STREAM_BYTES });
    } catch (cause) {
      // Else another encoding is outside, or it is encrypted.
      if ((cause as { code?: string }).code !== "ERR_BUFFER_TOO_LARGE") return;
      const message = `A part of it unfolds to more than ${MAX_STREAM_BYTES >> 20} MiB.`;
      throw new AppError("document_too_costly", message, { cause });
    }
  }
}
