import { AppError, messageOf } from "../../util/errors.ts";
import type { Section } from "../chunker.ts";

/** Largest document, in bytes. */
const MAX_DOCUMENT_BYTES = 64 * 2 ** 20;

/** Reads a document of one format. @throws when it is not of that format */
type Reader = (bytes: Uint8Array) => Promise<Section[]> | Section[];

/** By the ending of the name. The code of each is loaded with the first such document. */
const READERS: Readonly<Record<string, () => Promise<Reader>>> = {
  md: async () => (await import("./markdown.ts")).readMarkdown,
  markdown: async () => (await import("./markdown.ts")).readMarkdown,
  txt: async () => (await import("./text.ts")).readPlainText,
  html: async () => (await import("./html.ts")).readHtml,
  htm: async () => (await import("./html.ts")).readHtml,
  pdf: async () => (await import("./pdf.ts")).readPdf,
  json: async () => (await import("./json.ts")).readJson,
};

/** Whether a document of this name can be read. */
export function isDocument(name: string): boolean {
  return Object.hasOwn(READERS, extension(name));
}

/**
 * The sections of a document.
 *
 * @param name its ending tells the format
 * @throws {AppError} `document_unknown_format`, `document_too_large`, `document_unreadable`, `document_binary`
 */
export async function readSections(name: string, bytes: Uint8Array): Promise<Section[]> {
  if (!isDocument(name)) {
    const wanted = Object.keys(READERS).map((ending) => `.${ending}`).join(", ");
    throw new AppError("document_unknown_format", `${name} has another ending than ${wanted}.`);
  }
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new AppError(
      "document_too_large",
      `${name} has ${bytes.length} bytes; at most ${MAX_DOCUMENT_BYTES} are read.`,
    );
  }
  const read = await READERS[extension(name)]();
  try {
    return await read(bytes);
  } catch (cause) {
    if (cause instanceof AppError) throw new AppError(cause.code, `${name}: ${cause.message}`, { cause });
    throw new AppError("document_unreadable", `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function extension(name: string): string {
  return /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";
}
