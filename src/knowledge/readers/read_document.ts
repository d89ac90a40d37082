import { AppError, messageOf } from "../../util/errors.ts";
import type { Section } from "../chunker.ts";
import { cleanText, isGarbage } from "./clean_text.ts";
import { listed, type ReadDocument, type ReadOptions } from "./document_text.ts";

/** Largest document, in bytes. */
export const MAX_READ_BYTES = 64 * 2 ** 20;

/** Reads a document of one format. @throws when it is not of that format */
type Reader = (bytes: Uint8Array, options: ReadOptions) => Promise<ReadDocument> | ReadDocument;

/** By the ending of the name. The code of each is loaded with the first such document. */
const READERS: Readonly<Record<string, () => Promise<Reader>>> = {
  md: async () => (await import("./markdown.ts")).readMarkdown,
  markdown: async () => (await import("./markdown.ts")).readMarkdown,
  txt: async () => (await import("./text.ts")).readPlainText,
  html: async () => (await import("./html.ts")).readHtml,
  htm: async () => (await import("./html.ts")).readHtml,
  xhtml: async () => (await import("./html.ts")).readHtml,
  pdf: async () => (await import("./pdf.ts")).readPdf,
  docx: async () => (await import("./docx.ts")).readDocx,
  xlsx: async () => (await import("./xlsx.ts")).readXlsx,
  xlsm: async () => (await import("./xlsx.ts")).readXlsx,
  csv: async () => (await import("./csv.ts")).readCsv,
  tsv: async () => (await import("./csv.ts")).readCsv,
  json: async () => (await import("./json.ts")).readJson,
};

/** Whether a document of this name can be read. */
export function isDocument(name: string): boolean {
  return Object.hasOwn(READERS, extension(name));
}

/**
 * The text of a document.
 *
 * @param name its ending tells the format, unless `kind` does
 * @throws {AppError} `document_unknown_format`, `document_too_large`, `document_unreadable`, `text_encoding`,
 *   `document_password`, `document_too_deep`
 */
export async function readDocument(
  name: string,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<ReadDocument> {
  const kind = options.kind ?? extension(name);
  if (!Object.hasOwn(READERS, kind)) throw unknownFormat(name, kind);
  if (bytes.length > MAX_READ_BYTES) throw documentTooLarge(bytes.length);
  const read = await READERS[kind]();
  try {
    return cleaned(await read(bytes, options));
  } catch (cause) {
    if (cause instanceof AppError) throw new AppError(cause.code, `${name}: ${cause.message}`, { cause });
    throw new AppError("document_unreadable", `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** What is thrown for a document of another kind. */
export function unknownFormat(name: string, kind = extension(name)): AppError {
  const wanted = Object.keys(READERS).map((ending) => `.${ending}`).join(", ");
  const message = kind === extension(name)
    ? `${name} has another ending than ${wanted}.`
    : `${name} is of the kind ${kind || "that its server does not tell"}, which is not read.`;
  return new AppError("document_unknown_format", message);
}

/** What is thrown for a document that is too large. */
export function documentTooLarge(bytes: number): AppError {
  const message = `It has ${bytes} bytes; at most ${MAX_READ_BYTES} are read.`;
  return new AppError("document_too_large", message);
}

/** A document without sections that are empty or no text, and the rest as people type it. */
function cleaned(document: ReadDocument): ReadDocument {
  const sections: Section[] = [];
  const garbage: string[] = [];
  for (const { heading, text } of document.sections) {
    const title = cleanText(heading);
    if (isGarbage(text)) garbage.push(title === "" ? "the text" : title);
    else if (text.trim() !== "") sections.push({ heading: title, text: cleanText(text).trim() });
  }
  const notes = [
    ...document.notes ?? [],
    ...garbage.length > 0 ? [`no readable characters in ${listed(garbage)}`] : [],
  ];
  return { ...document, sections: sections.filter(({ text }) => text !== ""), notes };
}

function extension(name: string): string {
  return /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";
}
