import { decodeAs, unicodeMark } from "../../util/decode_text.ts";

/**
 * The text of a web page or a table, which may say its encoding: else it is in UTF-8, and what is not, in
 * Windows-1252.
 *
 * @param charset what is known of its encoding
 * @throws {AppError} `text_encoding`
 */
export function decodeMarkup(bytes: Uint8Array, charset = declaredCharset(bytes)): string {
  const marked = unicodeMark(bytes);
  const known = marked ?? (charset !== undefined && isEncoding(charset) ? charset : "utf-8");
  try {
    return decodeAs(bytes, known);
  } catch (error) {
    if (marked !== undefined || !isWestern(bytes)) throw error;
    return decodeAs(bytes, "windows-1252");
  }
}

/** From this share on, letters beyond ASCII stand next to each other as in no language of Windows-1252. */
const MAX_NEIGHBOURS = 0.35;
/** Fewer tell nothing. */
const MIN_HIGH_BYTES = 6;

/**
 * Whether bytes may be Windows-1252, whose accented letters stand among plain ones: taken for it, Shift_JIS,
 * Big5 or Cyrillic would be nonsense that looks like text.
 */
function isWestern(bytes: Uint8Array): boolean {
  let high = 0;
  let neighbours = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] < 0x80) continue;
    high++;
    if (bytes[at - 1] >= 0x80 || bytes[at + 1] >= 0x80) neighbours++;
  }
  return high < MIN_HIGH_BYTES || neighbours < high * MAX_NEIGHBOURS;
}

/** As browsers do, in the first 1,024 bytes (WHATWG HTML, 13.2.3.2); they take UTF-16 there for UTF-8. */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 1_024));
  const charset = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1];
  return charset !== undefined && /^utf-16/i.test(charset) ? "utf-8" : charset;
}

/** Whether the runtime knows an encoding by this label: its decoder throws at others. */
function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label) !== undefined;
  } catch {
    return false;
  }
}
