import type { Section } from "../chunker.ts";
import { type TableRow, writeTable } from "./table_builder.ts";

/**
 * Rows of a sheet as a section: blank rows part tables, and rows of one cell above a table are its title.
 *
 * @param heading empty without any
 */
export function sheetSection(heading: string, rows: readonly TableRow[]): Section {
  const parts: string[] = [];
  let table: TableRow[] = [];
  const end = () => {
    if (table.length > 0) parts.push(writeTable(table));
    table = [];
  };
  for (const row of rows) {
    const filled = row.cells.filter(({ text }) => text !== "");
    if (filled.length === 0) end();
    else if (filled.length === 1 && table.length === 0) parts.push(filled[0].text);
    else table.push(row);
  }
  end();
  return { heading, text: parts.join("\n\n") };
}

/** What a cell says on one line. */
export function cellLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ").replace(/\s+/g, " ");
}
