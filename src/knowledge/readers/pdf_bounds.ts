import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { AppError } from "../../util/errors.ts";

/** Longest unpacked stream of a PDF, in bytes: a page whose drawing is longer is a map, and no font is. */
const MAX_STREAM_BYTES = 32 * 2 ** 20;
/** The longest drawing of a page, and all of a document's, that are searched for lines, in bytes. */
const MAX_RULED_BYTES = 256 * 1024, MAX_RULED_TOTAL = 32 * 2 ** 20;
/** Of a stream that draws nothing: fonts, pictures, and what the file keeps of itself. */
const NO_DRAWING =
  /\/Length1\b|\/Subtype\s*\/(?:Image|Type1C|CIDFontType0C|OpenType|XML)\b|\/Type\s*\/(?:ObjStm|XRef|Metadata)\b/;
/** How far before a stream its dictionary begins, at most. */
const MAX_DICTIONARY_BYTES = 2_048;

/**
 * Makes sure that no stream of a PDF unfolds to more than its reader should hold: pdf.js unpacks each to its
 * end. Pictures are left out, since they are not unpacked for their text, and what is encrypted, which cannot
 * be looked into.
 *
 * @returns whether what its pages draw is short enough to be searched for lines, each drawing of which takes
 *   memory: a map has hundreds of thousands
 * @throws {AppError} `document_too_costly`
 */
export function checkPdfStreams(bytes: Uint8Array): boolean {
  let longest = 0;
  let total = 0;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = file.indexOf("stream"); at >= 0; at = file.indexOf("stream", at + 6)) {
    const start = at + (file[at + 6] === 0x0d ? 8 : 7);
    const end = file.indexOf("endstream", start);
    if (end < 0) break;
    const before = file.toString("latin1", Math.max(0, at - MAX_DICTIONARY_BYTES), at);
    const dictionary = before.slice(before.lastIndexOf(" obj") + 1);
    const times = /\/Subtype\s*\/Image/.test(dictionary)
      ? 0
      : dictionary.match(/\/(?:FlateDecode|Fl)\b/g)?.length ?? 0;
    const length = unpackedLength(file.subarray(start, end), times);
    if (!NO_DRAWING.test(dictionary)) {
      longest = Math.max(longest, length);
      total += length;
    }
    at = end + 3; // the `stream` of `endstream` is no other one
  }
  return longest <= MAX_RULED_BYTES && total <= MAX_RULED_TOTAL;
}

function unpackedLength(packed: Uint8Array, times: number): number {
  let data = packed;
  for (let time = 0; time < times; time++) {
    try {
      data = inflateSync(data, { maxOutputLength: MAX_STREAM_BYTES });
    } catch (cause) {
      // Else another encoding is outside, or it is encrypted.
      if ((cause as { code?: string }).code !== "ERR_BUFFER_TOO_LARGE") return data.length;
      const message = `A part of it unfolds to more than ${MAX_STREAM_BYTES >> 20} MiB.`;
      throw new AppError("document_too_costly", message, { cause });
    }
  }
  return data.length;
}
