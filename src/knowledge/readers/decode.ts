import { AppError } from "../../util/errors.ts";

/**
 * The text of a file: UTF-8, or UTF-16 with its byte order mark, with line feeds alone as line ends.
 * @throws {AppError} `document_binary` for what is no text: the databases end a text at its first NUL
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("document_binary", "It is no text in UTF-8; save it as UTF-8.", { cause });
  }
  if (text.includes("\0")) throw new AppError("document_binary", "It is no text: it has NUL characters.");
  return text.replace(/\r\n?/g, "\n");
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return "utf-8";
}
