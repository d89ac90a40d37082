import { createHash } from "node:crypto";
import { AppError } from "../util/errors.ts";

/** A piece of a document under one heading, as a reader finds it. */
export interface Section {
  /** The headings above the text, outermost first, such as `Prices > Children`; empty where there is none. */
  readonly heading: string;
  /** Plain text; a blank line ends a paragraph. */
  readonly text: string;
}

/** What is embedded, stored, found and told to the model. */
export interface Chunk {
  /** Made from all the rest: the same text at the same place is the same chunk in every run. */
  readonly id: string;
  /** The file it is from, as the business calls it. */
  readonly source: string;
  readonly heading: string;
  readonly text: string;
}

/** A chunk with its id. */
export function chunkOf(source: string, heading: string, text: string): Chunk {
  const hash = createHash("sha256").update(JSON.stringify([source, heading, text]));
  return { id: hash.digest("base64url").slice(0, 32), source, heading, text };
}

/** What of a chunk is embedded: the headings tell what the text is about. */
export function embeddedText({ heading, text }: Chunk): string {
  return heading === "" ? text : `${heading}\n\n${text}`;
}

/**
 * Makes sure that a database keeps all of a chunk.
 * @throws {AppError} `knowledge_bad_text` for a NUL character, at which SQLite ends a text
 */
export function checkText({ source, heading, text }: Chunk): void {
  if (!`${source}${heading}${text}`.includes("\0")) return;
  throw new AppError("knowledge_bad_text", `A chunk of ${source} has a NUL character.`);
}
