import { AppError } from "./errors.ts";

/**
 * The text of a file in UTF-8, or in UTF-16 with a byte order mark, with line feeds as line ends.
 * @throws {AppError} `text_encoding` for what is no such text, or has NUL characters, at which a database may
 * end it
 */
export function decodeText(bytes: Uint8Array): string {
  return decodeAs(bytes, unicodeMark(bytes) ?? "utf-8");
}

/** The text of a file in an encoding. @throws like {@link decodeText} */
export function decodeAs(bytes: Uint8Array, encoding: string): string {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("text_encoding", "It is no text in UTF-8; save it as UTF-8.", { cause });
  }
  if (text.includes("\0")) throw new AppError("text_encoding", "It is no text: it has NUL characters.");
  return text.replace(/\r\n?/g, "\n");
}

/** The encoding that a byte order mark of UTF-16 tells of. */
export function unicodeMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return undefined;
}
