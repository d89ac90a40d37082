import { AppError } from "../../util/errors.ts";
import type { Section } from "../chunker.ts";

/** Reads text without markup: one section. Lines within a paragraph are joined. */
export function readPlainText(bytes: Uint8Array): Section[] {
  const paragraphs = decodeText(bytes).split(/\n\s*\n/).map((paragraph) =>
    paragraph.replace(/\s+/g, " ").trim()
  );
  const text = paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
  return text === "" ? [] : [{ heading: "", text }];
}

/**
 * The text of a file in UTF-8, or in UTF-16 with a byte order mark, with line feeds as line ends.
 * @throws {AppError} `document_binary` for what is not text, or has NUL characters, at which a database may end it
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder(detectEncoding(bytes), { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("document_binary", "It is no text in UTF-8; save it as UTF-8.", { cause });
  }
  if (text.includes("\0")) throw new AppError("document_binary", "It is no text: it has NUL characters.");
  return text.replace(/\r\n?/g, "\n");
}

function detectEncoding([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return "utf-8";
}

/** The headings above the place that a reader has reached. */
export class Headings {
  readonly #path: { readonly level: number; readonly text: string }[] = [];

  /** A heading of `level` (1 is the outermost) ends those of its level and below. */
  enter(level: number, text: string): void {
    while (this.#path.length > 0 && this.#path[this.#path.length - 1].level >= level) this.#path.pop();
    if (text !== "") this.#path.push({ level, text });
  }

  /** Outermost first. */
  toString(): string {
    return this.#path.map(({ text }) => text).join(" > ");
  }
}
