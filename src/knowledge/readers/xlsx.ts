import XLSX from "@e965/xlsx";
import type { Section } from "../chunker.ts";
import { listed, type ReadDocument } from "./document_text.ts";
import { cellLine, sheetSection } from "./sheet_sections.ts";
import { MAX_SPAN, type TableRow } from "./table_builder.ts";
import { checkZip } from "./zip_files.ts";
import { type SheetCell, shownCell } from "./sheet_cells.ts";

/** Most rows of a sheet. */
const MAX_ROWS = 100_000;

/**
 * Reads a workbook by its sheets, each cell as it is shown, dates as `2026-01-31`. Hidden sheets, rows and
 * columns are left out and told of; formulas that no program has worked out are counted.
 */
export function readXlsx(bytes: Uint8Array): ReadDocument {
  checkZip(bytes);
  const book = XLSX.read(bytes, {
    type: "array",
    dense: true,
    cellFormula: true,
    cellNF: true,
    cellHTML: false,
    cellStyles: true, // tells which rows and columns are hidden
    sheetStubs: true, // else a formula without a result is not there at all
    dateNF: "yyyy-mm-dd",
    sheetRows: MAX_ROWS,
  });
  const isHidden = (index: number) => (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) > 0;
  const shown = book.SheetNames.filter((_, index) => !isHidden(index));
  const hidden = book.SheetNames.filter((_, index) => isHidden(index));
  const cut = shown.filter((name) => book.Sheets[name]["!fullref"] !== undefined);
  const wide = shown.filter((name) => hasMoreColumns(book.Sheets[name]));
  const partly = shown.filter((name) => hasHiddenCells(book.Sheets[name]));
  const is1904 = book.Workbook?.WBProps?.date1904 === true;
  const sections = shown.map((name): Section => sheetSection(name, rowsOf(book.Sheets[name], is1904)));
  const open = shown.reduce((count, name) => count + openFormulas(book.Sheets[name]), 0);
  const notes = [
    ...open > 0
      ? [`no result of ${open} ${open === 1 ? "formula" : "formulas"} (save it with a spreadsheet program)`]
      : [],
    ...hidden.length > 0 ? [`hidden sheets left out: ${listed(hidden)}`] : [],
    ...partly.length > 0 ? [`hidden rows or columns left out of ${listed(partly)}`] : [],
    ...wide.length > 0 ? [`only the first ${MAX_SPAN} columns of ${listed(wide)}`] : [],
    ...cut.length > 0 ? [`only the first ${MAX_ROWS} rows of ${listed(cut)}`] : [],
  ];
  return { sections, parts: { count: shown.length, what: "sheet" }, notes };
}

type SheetData = readonly (readonly (SheetCell | undefined)[] | undefined)[];

/** How many formulas have no result in the file: programs that only write files leave them so. */
function openFormulas(sheet: XLSX.WorkSheet): number {
  const data: SheetData = sheet["!data"] ?? [];
  return data.reduce(
    (count, row) => count + (row?.filter((cell) => cell?.t === "z" && cell.f !== undefined).length ?? 0),
    0,
  );
}

function hasMoreColumns(sheet: XLSX.WorkSheet): boolean {
  const data: SheetData = sheet["!data"] ?? [];
  return data.some((row) =>
    row !== undefined && row.length > MAX_SPAN &&
    row.slice(MAX_SPAN).some((cell) => shownCell(cell, false) !== "")
  );
}

function isRowHidden(sheet: XLSX.WorkSheet, row: number): boolean {
  return sheet["!rows"]?.[row]?.hidden === true;
}

function isColumnHidden(sheet: XLSX.WorkSheet, column: number): boolean {
  return sheet["!cols"]?.[column]?.hidden === true;
}

function hasHiddenCells(sheet: XLSX.WorkSheet): boolean {
  const data: SheetData = sheet["!data"] ?? [];
  return data.some((row, at) =>
    row?.some((cell, column) =>
      (isRowHidden(sheet, at) || isColumnHidden(sheet, column)) && shownCell(cell, false) !== ""
    )
  );
}

/**
 * The rows that are shown. Of merged cells, the text stands where the first of their shown rows and columns
 * meet, and spans those that are shown, as a spreadsheet program draws it.
 */
function rowsOf(sheet: XLSX.WorkSheet, is1904: boolean): TableRow[] {
  const data: SheetData = sheet["!data"] ?? [];
  const rows = Array.from(data, (row) => [...row ?? []]);
  const spans = new Map<string, { readonly columns: number; readonly rows: number }>();
  const covered = new Set<string>();
  for (const { s, e } of (sheet["!merges"] ?? []).slice(0, MAX_ROWS)) {
    const down = shownIn(s.r, Math.min(e.r, rows.length - 1), (row) => isRowHidden(sheet, row));
    const across = shownIn(s.c, Math.min(e.c, s.c + MAX_SPAN - 1), (column) => isColumnHidden(sheet, column));
    for (const row of down) for (const column of across) covered.add(`${row} ${column}`);
    if (down.length === 0 || across.length === 0) continue;
    const [[row], [column]] = [down, across];
    rows[row][column] = data[s.r]?.[s.c];
    spans.set(`${row} ${column}`, { columns: across.length, rows: down.length });
    covered.delete(`${row} ${column}`);
  }
  return shownIn(0, rows.length - 1, (row) => isRowHidden(sheet, row)).map((row) => {
    const cells = Array.from(rows[row], (cell, column) => ({ cell, column }))
      .filter(({ column }) => !covered.has(`${row} ${column}`) && !isColumnHidden(sheet, column))
      .map(({ cell, column }) => ({
        ...spans.get(`${row} ${column}`),
        text: cellLine(shownCell(cell, is1904)),
      }));
    return { isHeader: false, cells };
  });
}

/** The rows, or columns, from one to another that are not hidden. */
function shownIn(first: number, last: number, isHidden: (index: number) => boolean): number[] {
  const shown: number[] = [];
  for (let index = first; index <= last; index++) if (!isHidden(index)) shown.push(index);
  return shown;
}
