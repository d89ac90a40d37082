import { likelyHeaderRows, tableText } from "../tables.ts";
import { gridsOf, type Placed } from "./pdf_grid.ts";
import type { Rulings } from "./pdf_rulings.ts";
import { cellText, pageText, type TextItem } from "./pdf_text.ts";

/** A longer cell is a column of prose, or a frame around a part of the page, in characters. */
const MAX_CELL_CHARS = 800;
/** Middle of a letter above its baseline, in heights of the type. */
const LETTER_MIDDLE = 0.3;

/** A piece of text with the white space behind it, and its place in the page's order. */
interface Piece extends Placed {
  readonly items: TextItem[];
  readonly index: number;
}

/** The text of a page of which the lines are known that its tables are drawn with. */
export function ruledPageText(items: readonly TextItem[], rulings: Rulings): string {
  const pieces = piecesOf(items);
  /** By the place of each piece of a table: the table, at its first, or nothing. */
  const tables = new Map<number, string>();
  for (const { rows } of gridsOf(rulings, pieces)) {
    const text = tableOf(rows.map((row) => row.map((cell) => cell.flatMap(({ items }) => items))));
    if (text === undefined) continue;
    const places = rows.flat(2).map(({ index }) => index).sort((a, b) => a - b);
    if (places.some((place) => tables.has(place))) continue; // within another table
    for (const { index, items } of rows.flat(2)) for (const at of items.keys()) tables.set(index + at, "");
    tables.set(places[0], text);
  }
  const parts: string[] = [];
  let plain: TextItem[] = [];
  for (const [index, item] of items.entries()) {
    const table = tables.get(index);
    if (table === undefined) plain.push(item);
    if (!table) continue;
    parts.push(pageText(plain), table);
    plain = [];
  }
  parts.push(pageText(plain));
  return parts.filter((part) => part !== "").join("\n\n");
}

function piecesOf(items: readonly TextItem[]): Piece[] {
  const pieces: Piece[] = [];
  for (const [index, item] of items.entries()) {
    const { str, dir, transform: [, , , , left, y], width, height } = item;
    if (str.trim() === "") {
      pieces.at(-1)?.items.push(item);
      continue;
    }
    const right = left + width;
    const inward = Math.min(width, height) / 2;
    const x = dir === "rtl" ? right - inward : left + inward;
    pieces.push({ items: [item], index, x, left, right, y: y + LETTER_MIDDLE * height });
  }
  return pieces;
}

/** Cells as a table; undefined where they are none. */
function tableOf(cells: readonly (readonly (readonly TextItem[])[])[]): string | undefined {
  const all = cells.map((row) => row.map(cellText));
  const rows = all.filter((row) => row.some((text) => text !== ""));
  const columns = [...(all[0] ?? []).keys()].filter((column) => rows.some((row) => row[column] !== ""));
  if (rows.length < 2 || columns.length < 2) return undefined;
  if (rows.some((row) => row.some(({ length }) => length > MAX_CELL_CHARS))) return undefined;
  const table = rows.map((row) => columns.map((column) => row[column]));
  const items = cells.flat(2);
  if (items.filter(({ dir }) => dir === "rtl").length * 2 > items.length) {
    for (const row of table) row.reverse();
  }
  return tableText(table, likelyHeaderRows(table));
}
