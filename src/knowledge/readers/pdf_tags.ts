import { likelyHeaderRows, tableText } from "../tables.ts";
import { cellText, pageText, type TextItem } from "./pdf_text.ts";
import { inReadingOrder } from "./pdf_visual_order.ts";

/** A part of a page as its file names it (ISO 32000-1, 14.8): `Table`, `TR`, `TH`, `TD`, `P`. */
export interface TaggedPart {
  readonly role: string;
  readonly children: readonly (TaggedPart | { readonly type: string; readonly id?: string })[];
}

/** What pdf.js gives of a page: text, and where the content of a part begins and ends. */
export type TaggedItem = TextItem | { readonly type: string; readonly id?: string };

/** A longer cell is a part of the page that a table only lays out, in characters. */
const MAX_CELL_CHARS = 800;
/** Parts within one another, and columns of a table, at most. */
const MAX_DEPTH = 100, MAX_COLUMNS = 40;

/** A cell with more than this share of its width above one column is of that. */
const MOSTLY = 0.7;
/** The middle of a name is that of the columns below it, but for so much of their width. */
const CENTRED = 0.1;

interface TaggedCell {
  readonly ids: ReadonlySet<string>;
  readonly isName: boolean;
}

interface PlacedCell {
  readonly text: string;
  readonly left: number;
  readonly right: number;
}

/** Whether a page has tables that its file tells by name. */
export function hasTaggedTable(part: TaggedPart | null, depth = 0): part is TaggedPart {
  return part !== null && depth < MAX_DEPTH && (part.role === "Table" ||
    part.children.some((child) => "role" in child && hasTaggedTable(child, depth + 1)));
}

/**
 * The text of a page with the tables that its file tells by name, whose cells may have several lines and no
 * lines around them.
 *
 * @param textOf reads what is in none of them
 */
export function taggedPageText(
  items: readonly TaggedItem[],
  tree: TaggedPart,
  textOf: (items: readonly TextItem[]) => string = pageText,
): string {
  const byId = textById(items);
  /** By the first piece of each table, and the others of it. */
  const tables = new Map<TextItem, string>();
  for (const rows of tablesOf(tree)) {
    const cells = rows.map((row) =>
      row.map(({ ids, isName }) => ({ isName, items: [...ids].flatMap((id) => byId.get(id) ?? []) }))
    );
    const text = tableOf(cells);
    if (text === undefined) continue;
    const all = cells.flat().flatMap(({ items }) => items);
    for (const [index, item] of all.entries()) tables.set(item, index === 0 ? text : "");
  }
  const parts: string[] = [];
  let plain: TextItem[] = [];
  for (const item of items) {
    if (!("str" in item)) continue;
    const table = tables.get(item);
    if (table === undefined) plain.push(item);
    if (!table) continue;
    parts.push(textOf(plain), table);
    plain = [];
  }
  parts.push(textOf(plain));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The text of each part's content, by its id. What is within it without an id is of it. */
function textById(items: readonly TaggedItem[]): Map<string, TextItem[]> {
  const byId = new Map<string, TextItem[]>();
  const open: (string | undefined)[] = [];
  for (const item of items) {
    if ("str" in item) {
      const id = open.at(-1);
      if (id !== undefined) byId.set(id, [...byId.get(id) ?? [], item]);
    } else if (item.type === "endMarkedContent") open.pop();
    else open.push(item.id ?? open.at(-1));
  }
  return byId;
}

/** The rows of each table, but of those that have others in their cells, which lay out the page. */
function* tablesOf(part: TaggedPart, depth = 0): Generator<TaggedCell[][]> {
  if (depth > MAX_DEPTH) return;
  const parts = part.children.filter((child) => "role" in child);
  if (part.role === "Table" && !parts.some((child) => hasTaggedTable(child))) yield rowsOf(part);
  else for (const child of parts) yield* tablesOf(child, depth + 1);
}

function rowsOf(part: TaggedPart): TaggedCell[][] {
  const parts = part.children.filter((child) => "role" in child);
  if (part.role !== "TR") return parts.flatMap((child) => GROUPS.has(child.role) ? rowsOf(child) : []);
  return [
    parts.filter(({ role }) => role === "TH" || role === "TD").map((cell) => ({
      ids: new Set(idsOf(cell)),
      isName: cell.role === "TH",
    })),
  ];
}

const GROUPS = new Set(["TR", "THead", "TBody", "TFoot"]);

function* idsOf(part: TaggedPart, depth = 0): Generator<string> {
  for (const child of part.children) {
    if (!("role" in child)) {
      if (child.id !== undefined) yield child.id;
    } else if (depth < MAX_DEPTH) yield* idsOf(child, depth + 1);
  }
}

/** Cells as a table; undefined where they are none. */
function tableOf(
  cells: readonly (readonly { readonly isName: boolean; readonly items: readonly TextItem[] }[])[],
): string | undefined {
  const rows = cells.map((row) => row.map(({ items }) => placed(items)));
  const columns = Math.max(0, ...rows.map(({ length }) => length));
  if (rows.length < 2 || columns < 2 || columns > MAX_COLUMNS) return undefined;
  if (rows.flat().some(({ text }) => text.length > MAX_CELL_CHARS)) return undefined;
  const whole = rows.filter(({ length }) => length === columns);
  const sides = Array.from({ length: columns }, (_, column) => ({
    left: Math.min(...whole.map((row) => row[column].left)),
    right: Math.max(...whole.map((row) => row[column].right)),
  }));
  // From below: names of single columns tell better than figures what a name above them is centred over.
  const table = rows.toReversed().map((row) => {
    if (row.length === columns || row.length === 1) return row.map(({ text }) => text);
    const texts = Array<string>(columns).fill("");
    const filled = row.filter(({ text }) => text !== "");
    const nearest = filled.map((cell) => nearestTo(cell, sides));
    for (const [index, cell] of filled.entries()) {
      const places = columnsOf(cell, sides, nearest.toSpliced(index, 1));
      for (const column of places) texts[column] += cell.text;
      if (places.length > 1) continue;
      const side = sides[places[0]];
      sides[places[0]] = { left: Math.min(side.left, cell.left), right: Math.max(side.right, cell.right) };
    }
    return texts;
  }).reverse();
  const body = cells.findIndex((row) => row.some(({ isName }) => !isName));
  return tableText(table, body > 0 ? body : likelyHeaderRows(table));
}

/** The text of a cell and its sides; without any text, those of nothing. */
function placed(items: readonly TextItem[]): PlacedCell {
  const drawn = items.filter(({ str }) => str.trim() !== "");
  return {
    text: cellText(inReadingOrder(items)),
    left: Math.min(...drawn.map(({ transform }) => transform[4])),
    right: Math.max(...drawn.map(({ transform, width }) => transform[4] + width)),
  };
}

function overlapsOf(cell: PlacedCell, columns: readonly { left: number; right: number }[]): number[] {
  // Less than 0 where they are apart.
  return columns.map(({ left, right }) => Math.min(right, cell.right) - Math.max(left, cell.left));
}

function nearestTo(cell: PlacedCell, columns: readonly { left: number; right: number }[]): number {
  const overlaps = overlapsOf(cell, columns);
  return overlaps.indexOf(Math.max(...overlaps));
}

/**
 * The columns that a cell of a row with fewer cells stands in, since the file does not tell: the nearest, or
 * several that it is centred over, as a name is, but for those of the row's other cells.
 */
function columnsOf(
  cell: PlacedCell,
  columns: readonly { left: number; right: number }[],
  others: readonly number[],
): number[] {
  const nearest = nearestTo(cell, columns);
  if (overlapsOf(cell, columns)[nearest] > MOSTLY * (cell.right - cell.left)) return [nearest];
  for (let count = 2; count <= columns.length; count++) {
    for (let first = 0; first + count <= columns.length; first++) {
      const [left, right] = [columns[first].left, columns[first + count - 1].right];
      const off = Math.abs(left + right - cell.left - cell.right) / 2;
      if (off >= CENTRED * (right - left)) continue;
      const places = Array.from({ length: count }, (_, at) => first + at);
      if (!places.some((place) => others.includes(place))) return places;
    }
  }
  return [nearest];
}
