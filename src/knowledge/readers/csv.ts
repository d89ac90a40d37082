import Papa from "papaparse";
import type { ReadDocument, ReadOptions } from "./document_text.ts";
import { cellLine, sheetSection } from "./sheet_sections.ts";
import { MAX_SPAN } from "./table_builder.ts";
import { decodeDocument } from "./decode_document.ts";

/** Most characters that tell what divides the cells. */
const SAMPLE_CHARS = 20_000;
/** The library has no types of its own. */
const parse = Papa.parse as (text: string, options: object) => { readonly data: string[][] };
/** The first line of a file that Excel is told by what divides the cells. */
const SAID_DELIMITER = /^sep=([,;\t|])\r?\n/i;
const DELIMITERS = [",", ";", "\t", "|"];

/**
 * Reads comma-separated values, whatever divides them. The first row names the columns unless it has figures.
 */
export function readCsv(bytes: Uint8Array, { charset }: ReadOptions = {}): ReadDocument {
  const { text: whole, notes: decoding } = decodeDocument(bytes, charset);
  const [told = "", said] = SAID_DELIMITER.exec(whole) ?? [];
  const text = whole.slice(told.length);
  const { data } = parse(text, {
    delimiter: said ?? delimiterOf(text.slice(0, SAMPLE_CHARS)),
    skipEmptyLines: false,
  });
  const rows = data.map((cells) => cells.map(cellLine));
  const first = rows.findIndex((row) => row.filter((cell) => cell !== "").length > 1);
  const names = rows[first] ?? [];
  const isNamed = names.every((name) => name !== "" && !/^[\d\s.,:€$%+-]+$/.test(name));
  const section = sheetSection(
    "",
    rows.map((row, index) => ({
      isHeader: isNamed && index === first,
      cells: row.map((text) => ({ text })),
    })),
  );
  const notes = [
    ...decoding,
    ...rows.some((row) => isWide(row)) ? [`only the first ${MAX_SPAN} columns`] : [],
  ];
  return { sections: [section], notes };
}

/** Whether there is text beyond the columns that a table may have. */
function isWide(row: readonly string[]): boolean {
  return row.length > MAX_SPAN && row.slice(MAX_SPAN).some((cell) => cell !== "");
}

/** The delimiter by which the most rows have as many cells as the first, and more than one. */
function delimiterOf(sample: string): string {
  const scored = DELIMITERS.map((delimiter) => {
    const rows = parse(sample, { delimiter, skipEmptyLines: true, preview: 50 }).data;
    const widths = Map.groupBy(
      rows.map(({ length }) => length).filter((length) => length > 1),
      (length) => length,
    );
    return { delimiter, score: Math.max(0, ...[...widths.values()].map(({ length }) => length)) };
  });
  return scored.reduce((best, one) => one.score > best.score ? one : best).delimiter;
}
