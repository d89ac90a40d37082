import type { Section } from "../chunker.ts";
import { likelyHeaderRows } from "../tables.ts";
import { type TableRow, writeTable } from "./table_builder.ts";

/**
 * Rows of a sheet as a section: blank rows part tables, and rows of one cell above a table are its title.
 *
 * @param heading empty without any
 */
export function sheetSection(heading: string, rows: readonly TableRow[]): Section {
  const parts: string[] = [];
  let table: TableRow[] = [];
  let above: readonly TableRow[] = [];
  const end = () => {
    if (table.length === 0) return;
    const whole = goesOn(table, above) ? [above[0], ...table] : table;
    parts.push(writeTable(whole));
    above = whole;
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

/** Narrower tables that stand below each other may be of anything. */
const MIN_COLUMNS_GOING_ON = 3;

/**
 * Whether rows below a blank one are of the table above: they have as many columns, and figures where those
 * have some.
 */
function goesOn(rows: readonly TableRow[], [names, ...body]: readonly TableRow[]): boolean {
  const width = names?.cells.length ?? 0;
  if (width < MIN_COLUMNS_GOING_ON || headerOf(rows) > 0 || headerOf([names, ...body]) === 0) return false;
  return rows.every(({ cells }) => cells.length === width) && names.cells.every((_, column) => {
    const hasFigures = (some: readonly TableRow[]) =>
      some.filter(({ cells }) => /\d/.test(cells[column]?.text ?? "")).length * 2 > some.length;
    return hasFigures(rows) || !hasFigures(body);
  });
}

function headerOf(rows: readonly TableRow[]): number {
  return rows[0].isHeader ? 1 : likelyHeaderRows(rows.map(({ cells }) => cells.map(({ text }) => text)));
}

/** What a cell says on one line. */
export function cellLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ").replace(/\s+/g, " ");
}
