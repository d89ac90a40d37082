import XLSX from "@e965/xlsx";
import type { Section } from "../chunker.ts";
import { listed, type ReadDocument } from "./document_text.ts";
import { cellLine, sheetSection } from "./sheet_sections.ts";
import type { TableRow } from "./table_builder.ts";
import { checkZip } from "./zip_files.ts";

/** Most rows of a sheet. */
const MAX_ROWS = 100_000;

interface SheetCell {
  /** As it is shown. */
  readonly w?: string;
  readonly v?: unknown;
}

/**
 * Reads a workbook by its sheets, each cell as it is shown, dates as `2026-01-31`. Hidden sheets are left out
 * and named.
 */
export function readXlsx(bytes: Uint8Array): ReadDocument {
  checkZip(bytes);
  const book = XLSX.read(bytes, {
    type: "array",
    dense: true,
    cellFormula: false,
    cellHTML: false,
    dateNF: "yyyy-mm-dd",
    sheetRows: MAX_ROWS,
  });
  const isHidden = (index: number) => (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) > 0;
  const shown = book.SheetNames.filter((_, index) => !isHidden(index));
  const hidden = book.SheetNames.filter((_, index) => isHidden(index));
  const cut = shown.filter((name) => book.Sheets[name]["!fullref"] !== undefined);
  const sections = shown.map((name): Section => sheetSection(name, rowsOf(book.Sheets[name])));
  const notes = [
    ...hidden.length > 0 ? [`hidden sheets left out: ${listed(hidden)}`] : [],
    ...cut.length > 0 ? [`only the first ${MAX_ROWS} rows of ${listed(cut)}`] : [],
  ];
  return { sections, parts: { count: shown.length, what: "sheet" }, notes };
}

function rowsOf(sheet: XLSX.WorkSheet): TableRow[] {
  const data: readonly (readonly (SheetCell | undefined)[] | undefined)[] = sheet["!data"] ?? [];
  const merges = new Map(
    (sheet["!merges"] ?? []).map((
      { s, e },
    ) => [`${s.r} ${s.c}`, { columns: e.c - s.c + 1, rows: e.r - s.r + 1 }]),
  );
  const covered = new Set<string>();
  for (const { s, e } of (sheet["!merges"] ?? []).slice(0, MAX_ROWS)) {
    for (let row = s.r; row <= Math.min(e.r, data.length); row++) {
      for (let column = s.c; column <= Math.min(e.c, s.c + 200); column++) {
        if (row !== s.r || column !== s.c) covered.add(`${row} ${column}`);
      }
    }
  }
  return Array.from({ length: data.length }, (_, row) => {
    const cells = Array.from(data[row] ?? [], (cell, column) => ({ cell, column }))
      .filter(({ column }) => !covered.has(`${row} ${column}`))
      .map(({ cell, column }) => ({
        ...merges.get(`${row} ${column}`),
        text: cellLine(cell?.w ?? String(cell?.v ?? "")),
      }));
    return { isHeader: false, cells };
  });
}
