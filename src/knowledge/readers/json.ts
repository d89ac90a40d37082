import { MAX_CHUNK_CHARS, type Section } from "../chunker.ts";
import { decodeDocument } from "./decode_document.ts";
import type { ReadDocument, ReadOptions } from "./document_text.ts";
import { cellLine, sheetSection } from "./sheet_sections.ts";

/** Objects deeper than this are written on one line, as JSON. */
const MAX_DEPTH = 8;

/**
 * Reads JSON by its objects. An entry of a list, or an object below the outermost, is one section as long as
 * it fits into a chunk, headed by the path to it; a larger one is divided. A value is a line `name: value`. A
 * list of lists is a table. An entry of a list is headed by its `name`, `title`, `question` or `id` where it
 * has one, else by its number.
 */
export function readJson(bytes: Uint8Array, { charset }: ReadOptions = {}): ReadDocument {
  const { text, notes } = decodeDocument(bytes, charset);
  return { sections: [...objectSections(parseExactly(text), [])], notes };
}

/** JSON whose numbers are as they are written: 12345678901234567890 and 4.50 are no numbers of JavaScript. */
function parseExactly(text: string): unknown {
  const asWritten = (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? context?.source ?? String(value) : value;
  return JSON.parse(text, asWritten);
}

function* objectSections(value: unknown, path: readonly string[]): Generator<Section> {
  const heading = path.join(" > ");
  if (!isContainer(value)) {
    yield* section(heading, [scalar(value)]);
    return;
  }
  if (isRows(value)) {
    const rows = value.map((row) => ({
      isHeader: false,
      cells: row.map((cell) => ({ text: cellLine(scalar(cell)) })),
    }));
    yield sheetSection(heading, rows);
    return;
  }
  const isEntryList = Array.isArray(value) && value.some(isContainer);
  if (path.length > 0 && !isEntryList) {
    const lines = outline(value, 0);
    if (path.length >= MAX_DEPTH || lines.join("\n").length <= MAX_CHUNK_CHARS) {
      yield* section(heading, lines);
      return;
    }
  }
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((entry, index) => [entryTitle(entry) ?? String(index + 1), entry])
    : Object.entries(value);
  const isPlainList = Array.isArray(value) && !isEntryList;
  yield* section(
    heading,
    entries.filter(([, entry]) => !isContainer(entry)).map(([name, entry]) =>
      isPlainList ? scalar(entry) : `${name}: ${scalar(entry)}`
    ),
  );
  for (const [name, entry] of entries) if (isContainer(entry)) yield* objectSections(entry, [...path, name]);
}

/** An object as lines, what is within it further in; a list of plain values is one line. */
function outline(value: object, depth: number): string[] {
  const indent = "- ".repeat(depth);
  if (depth >= MAX_DEPTH) return [indent + JSON.stringify(value)];
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((entry, index) => [String(index + 1), entry])
    : Object.entries(value);
  if (Array.isArray(value) && !value.some(isContainer)) return value.map((entry) => indent + scalar(entry));
  return entries.flatMap(([name, entry]) => {
    if (!isContainer(entry)) return [`${indent}${name}: ${scalar(entry)}`];
    if (Array.isArray(entry) && !entry.some(isContainer)) {
      return [`${indent}${name}: ${entry.length === 0 ? "none" : entry.map(scalar).join(", ")}`];
    }
    return [`${indent}${name}:`, ...outline(entry, depth + 1)];
  });
}

function* section(heading: string, lines: readonly string[]): Generator<Section> {
  const text = lines.filter((line) => line !== "").join("\n");
  if (text !== "") yield { heading, text };
}

/** Whether it is a table: a list of lists of plain values. */
function isRows(value: object): value is unknown[][] {
  return Array.isArray(value) && value.length > 1 &&
    value.every((row) => Array.isArray(row) && row.length > 1 && !row.some(isContainer));
}

/** Whether a value has others in it: an object, or a list. */
function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function scalar(value: unknown): string {
  return value === null ? "" : String(value);
}

function entryTitle(entry: unknown): string | undefined {
  if (!isContainer(entry)) return undefined;
  const { name, title, question, id } = entry as Record<string, unknown>;
  return [name, title, question, id].find((value): value is string =>
    typeof value === "string" && value !== ""
  );
}
