import { likelyHeaderRows, tableText } from "../tables.ts";

/** Most columns or rows that a cell may span, and most columns of a table: what claims more is cut there. */
export const MAX_SPAN = 200;
/** Most cells that spans may add to one table. */
const MAX_ADDED_CELLS = 50_000;

/** A cell as the document describes it. */
export interface CellOptions {
  /** Names its column or row. Default false. */
  readonly isHeader?: boolean;
  /** Columns that it spans. Default 1. */
  readonly columns?: number;
  /** Rows that it spans. Default 1. */
  readonly rows?: number;
  /** True: it is the lower part of the cell above. Default false. */
  readonly isContinued?: boolean;
}

/** A cell with its text. */
export interface TableCell extends CellOptions {
  readonly text: string;
}

/** A row as the document describes it. */
export interface TableRow {
  /** True: it names the columns, whatever its cells are. */
  readonly isHeader: boolean;
  readonly cells: readonly TableCell[];
}

/**
 * A table as rows of text. A cell that spans rows or columns stands in each of them, so that every row can be
 * read alone; a row of one cell that spans the whole table stays one cell. Names of columns further down
 * begin a table of their own.
 */
export function writeTable(rows: readonly TableRow[]): string {
  const tables: TableRow[][] = [[]];
  for (const [index, row] of rows.entries()) {
    const isNewHeader = index > 0 && namesColumns(row) && !namesColumns(rows[index - 1]) &&
      row.cells.every(({ text, isContinued }) => text !== "" && !isContinued);
    if (isNewHeader) tables.push([row]);
    else tables[tables.length - 1].push(row);
  }
  return tables.map(writeRows).filter((text) => text !== "").join("\n\n");
}

function writeRows(rows: readonly TableRow[]): string {
  const grid: string[][] = [];
  let below: { readonly text: string; readonly rows: number }[] = [];
  let added = 0;
  for (const { cells } of rows) {
    const line: string[] = [];
    const next: typeof below = [];
    const put = (text: string, rows: number) => {
      if (rows > 1) next[line.length] = { text, rows: rows - 1 };
      line.push(text);
    };
    const putSpanning = () => {
      for (let above = below[line.length]; above && line.length < MAX_SPAN; above = below[line.length]) {
        put(above.text, above.rows);
      }
    };
    const isWhole = cells.length === 1 && (cells[0].columns ?? 1) > 1 && below.length === 0;
    for (const { text: own, columns, rows, isContinued } of cells) {
      putSpanning();
      const text = isContinued ? grid.at(-1)?.[line.length] ?? own : own;
      const isMore = added < MAX_ADDED_CELLS;
      const wide = isWhole || !isMore ? 1 : span(columns);
      const high = isMore ? span(rows) : 1;
      added += wide * high - 1;
      for (let column = 0; column < wide && line.length < MAX_SPAN; column++) put(text, high);
    }
    putSpanning();
    below = next;
    grid.push(line);
  }
  return tableText(grid, headerRows(rows, grid));
}

function headerRows(rows: readonly TableRow[], grid: readonly (readonly string[])[]): number {
  const count = rows.findIndex((row) => !namesColumns(row));
  if (count > 0) return count;
  return count === 0 && !rows[0].cells.some((cell) => cell.isHeader === true && cell.text !== "")
    ? (isGrouped(rows, grid) ? 2 : likelyHeaderRows(grid))
    : 0;
}

function namesColumns({ isHeader, cells }: TableRow): boolean {
  return isHeader || (cells.length > 1 && cells.every((cell) => cell.isHeader === true));
}

/**
 * Whether the first row groups the columns that the second one names: `Season` above `Summer` and `Winter`.
 */
function isGrouped(
  [first]: readonly TableRow[],
  [, names = [], ...others]: readonly (readonly string[])[],
): boolean {
  const groups = first.cells.length > 1 && first.cells.some(({ columns = 1 }) => columns > 1);
  return groups && others.length > 0 &&
    ![...first.cells.map(({ text }) => text), ...names].some((name) => /\d/.test(name));
}

function span(count = 1): number {
  return Number.isInteger(count) ? Math.min(Math.max(count, 1), MAX_SPAN) : 1;
}
