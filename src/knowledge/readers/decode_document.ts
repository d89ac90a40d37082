import { decodeAs, unicodeMark } from "../../util/decode_text.ts";

/** A document's text, and what is to be told of how it was read. */
export interface DecodedText {
  readonly text: string;
  readonly notes: readonly string[];
}

/**
 * The text of a document: in UTF-8 where nobody says otherwise; and what is not, in Windows-1252, as far as
 * it can be.
 *
 * @param charset what is known of its encoding
 * @throws {AppError} `text_encoding`
 */
export function decodeDocument(bytes: Uint8Array, charset?: string): DecodedText {
  const marked = unicodeMark(bytes);
  const known = marked ?? (charset !== undefined && isEncoding(charset) ? charset : "utf-8");
  try {
    return { text: decodeAs(bytes, known), notes: [] };
  } catch (error) {
    if (marked !== undefined || !isWestern(bytes)) throw error;
    return {
      text: decodeAs(bytes, "windows-1252"),
      notes: ["read as Windows-1252, since it is not in UTF-8"],
    };
  }
}

/** The same for a web page, which may say its encoding. */
export function decodePage(bytes: Uint8Array, charset = declaredCharset(bytes)): DecodedText {
  return decodeDocument(bytes, charset);
}

/** From this share on, letters beyond ASCII stand next to each other as in no language of Windows-1252. */
const MAX_NEIGHBOURS = 0.35;
/** Fewer tell nothing. */
const MIN_HIGH_BYTES = 6;
/** From this share on, control characters make it no text. */
const MAX_CONTROLS = 0.02;

/**
 * Whether bytes may be Windows-1252, whose accented letters stand among plain ones: taken for it, Shift_JIS,
 * Big5, Cyrillic, or UTF-8 that is broken in one place, would be nonsense that looks like text.
 */
function isWestern(bytes: Uint8Array): boolean {
  let [high, neighbours, controls] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    if (isControl(bytes[at])) controls++;
    if (bytes[at] < 0x80) continue;
    high++;
    if (bytes[at - 1] >= 0x80 || bytes[at + 1] >= 0x80) neighbours++;
  }
  if (controls > bytes.length * MAX_CONTROLS || isBrokenUtf8(bytes)) return false;
  return high < MIN_HIGH_BYTES || neighbours < high * MAX_NEIGHBOURS;
}

/** Whether it is marked as UTF-8, or has at least as many characters of it as bytes that are none. */
function isBrokenUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.startsWith("\ufeff")) return true;
  let [right, wrong] = [0, 0];
  for (const [character] of text.matchAll(/[^\0-\x7f]/gu)) character === "\ufffd" ? wrong++ : right++;
  return right >= wrong;
}

/** Of C0, but for tab, line ends, form feed, and the end of a file of DOS. */
function isControl(byte: number): boolean {
  return byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1a;
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
