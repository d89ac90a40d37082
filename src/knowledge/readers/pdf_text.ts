import { likelyHeaderRows, tableText } from "../tables.ts";
import { raised } from "./clean_text.ts";
import { type CellGap, type LineCell, type PageLine, PARAGRAPH_GAP } from "./pdf_line.ts";
import { joinJustified } from "./pdf_justified.ts";
import { joinLines } from "./text.ts";

/** A piece of text on a page, as pdf.js gives it. */
export interface TextItem {
  readonly str: string;
  /** `ltr`, `rtl` or `ttb`. */
  readonly dir: string;
  /** Position and scale, as in PDF: the last two are x and y of its beginning. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Whether a line ends with it. */
  readonly hasEOL: boolean;
}

/** A gap of so many times the size of the type parts cells. */
const CELL_GAP = 1.6;
/** A space that a right-to-left line has no character for, as around its numbers, in sizes of the type. */
const WORD_GAP = 0.2;
/** A narrower gap, down to so many times the size of the type, parts them where all rows leave it free … */
const NARROW_GAP = 0.45;
/** … but for so many times the size of the type, or less. */
const RIVER = 0.3;
/** Most gaps and lines that are compared, so that a page of nothing else takes no time. */
const MAX_COMPARED = 1_000_000;
/**
 * A baseline that is moved by so many times the size of the type, without a line's end, is that of the next
 * cell of a row.
 */
const CELL_SHIFT = 0.3;
/**
 * A cell that is wider than its column ends behind the beginning of the next by more than so many times the
 * size of the type.
 */
const CELL_OVERLAP = -0.25;
/** An accent that is drawn by itself, over the letter before or behind it. */
const ACCENT_APART = /[\p{Sk}\p{M}\u02c6\u02c7\u02d8-\u02dd]/u;
/** Type that is smaller than so much of what it stands beside is a note's sign, or an index. */
const SMALL_TYPE = 0.85;
/** A line that fills so much of its column goes on in the next one. */
const FULL_LINE = 0.75;
/** Lines that begin within so many points are of one column. */
const COLUMN_SLACK = 40;
/** Beginnings of lines that are no further apart, in points, are below each other. */
const ALIGNED = 2;
/** Most lines of a cell of a table. */
const MAX_CELL_LINES = 12;
/** Where the cells of all columns are longer than this on average, they are lines of prose, in characters. */
const PROSE_CELL_CHARS = 28;

/** The text of a page: lines joined to paragraphs, tables as rows of text, columns one after the other. */
export function pageText(items: readonly TextItem[]): string {
  const lines = linesOf(items);
  const parts: string[] = [];
  let plain: PageLine[] = [];
  for (let at = 0; at < lines.length;) {
    let end = at;
    while (
      end < lines.length && (lines[end].cells.length > 1 || (end > at && goesOn(lines[end], lines, end)))
    ) end++;
    const table = end - at > 1 ? tableOf(lines.slice(at, end)) : undefined;
    if (table === undefined) {
      plain.push(lines[at++]);
      continue;
    }
    parts.push(paragraphs(plain), table);
    plain = [];
    at = end;
  }
  parts.push(paragraphs(plain));
  return tidy(parts.filter((part) => part !== "").join("\n\n"));
}

/** Whether a page has a row of cells, which lines may be drawn around. */
export function hasRow(items: readonly TextItem[]): boolean {
  return linesOf(items).some(({ cells }) => cells.length > 1);
}

/** The text of a cell of a table, whose lines go on in one another. */
export function cellText(items: readonly TextItem[]): string {
  const lines = linesOf(items);
  const parts = lines.map((line, index) => {
    const isApart = index > 0 && Math.abs(lines[index - 1].y - line.y) > PARAGRAPH_GAP * line.size;
    const text = line.cells.map((cell) => cell.text).join(" ");
    return index === 0 ? text : isApart ? `; ${text}` : `\u2028${text}`;
  });
  return tidy(parts.join(""));
}

/** Whether a line of one cell goes on with a cell, but the first, of the last row above it. */
function goesOn({ cells: [cell] }: PageLine, lines: readonly PageLine[], at: number): boolean {
  let row = at - 1;
  while (row > 0 && at - row < MAX_CELL_LINES && lines[row].cells.length === 1) row--;
  return lines[row].cells.slice(1).some(({ left }) => Math.abs(left - cell.left) < ALIGNED);
}

function linesOf(items: readonly TextItem[]): PageLine[] {
  const lines: PageLine[] = [];
  let line: PageLine | undefined;
  let before: TextItem | undefined;
  let isBroken = true;
  for (const item of items) {
    const { str, dir, transform, width, hasEOL } = item;
    const [, , c, d, left, y] = transform;
    const size = Math.hypot(c, d) || 1;
    const text = dir === "rtl" ? mendRtl(str) : str;
    if (str.trim() !== "") {
      const last = isBroken ? undefined : line?.cells.at(-1);
      const isLeftwards = last !== undefined && (dir === "rtl" || (line?.isRtl && left < last.left));
      const gap = last === undefined ? 0 : isLeftwards ? last.left - (left + width) : left - last.right;
      if (last === undefined || line === undefined) {
        line = { cells: [{ text, left, right: left + width, gaps: [] }], y, size, isRtl: dir === "rtl" };
        lines.push(line);
      } else if (gap > CELL_GAP * line.size || (before && isOtherCell(before, item, gap))) {
        if (gap < 0 && dir === "ltr") last.right = left; // it is wider than its column
        line.cells.push({ text, left, right: left + width, gaps: [] });
      } else {
        if (gap > NARROW_GAP * size && dir === "ltr") {
          last.gaps?.push({ at: last.text.length, left: last.right, right: left });
        }
        const isRaised = size < SMALL_TYPE * line.size && y - line.y > 0.15 * line.size;
        const isAfterSign = line.size < SMALL_TYPE * size && NOTE_SIGN.test(last.text);
        const isAfterSpace = isLeftwards && gap > WORD_GAP * size;
        last.text += isRaised ? raised(text) : isAfterSign || isAfterSpace ? ` ${text}` : text;
        last.left = Math.min(last.left, left);
        last.right = Math.max(last.right, left + width);
        line.size = Math.max(line.size, size);
      }
      before = item;
      isBroken = false;
    } else if (line && !isBroken) line.cells[line.cells.length - 1].text += str;
    if (hasEOL) isBroken = true;
  }
  for (const { cells } of lines) {
    for (const cell of cells) {
      for (const gap of cell.gaps ?? []) gap.at = oneLine(cell.text.slice(0, gap.at)).length;
      cell.text = oneLine(cell.text);
    }
    joinLed(cells);
  }
  joinJustified(lines);
  return lines;
}

/** Dots that lead the eye from a dish to its price, and a row that has them. */
const LEADERS = /(?:\s*[.·]){5,}\s*/g;
const LED_ROW = / … \S.{0,20}$/;

/** Dots that were drawn behind the price which they lead to are between it and the dish. */
function joinLed(cells: LineCell[]): void {
  const led = cells.filter(({ text }) => text !== "…");
  if (led.length === 0 || led.length === cells.length) return;
  const [dish, price] = led;
  const isRow = led.length === 2;
  cells.splice(
    0,
    cells.length,
    ...isRow ? [{ ...dish, text: `${dish.text} … ${price.text}`, right: price.right }] : led,
  );
}

function oneLine(text: string): string {
  return text.replace(LEADERS, " … ").replace(/\s+/g, " ").trim();
}

/** Rows whose cells are also apart at narrow gaps which no row has text in. */
function partedRows(lines: readonly PageLine[]): readonly PageLine[] {
  const gaps = lines.flatMap(({ cells, size }) =>
    cells.flatMap(({ gaps = [] }) => gaps.map((gap) => ({ ...gap, size })))
  );
  if (gaps.length === 0 || gaps.length * lines.length > MAX_COMPARED) return lines;
  const segments = lines.flatMap(({ cells }) => cells.flatMap(segmentsOf));
  const rivers = gaps.map(({ left, right, size }) => {
    for (const segment of segments) {
      if (segment.left >= right || segment.right <= left) continue;
      if (segment.left <= left) left = segment.right;
      else right = segment.left;
    }
    return { left, right, size };
  }).filter(({ left, right, size }) => right - left >= RIVER * size);
  const isRiver = (gap: { left: number; right: number }) =>
    rivers.some(({ left, right }) => left >= gap.left && right <= gap.right);
  return lines.map((line) => ({ ...line, cells: line.cells.flatMap((cell) => partedCell(cell, isRiver)) }));
}

function segmentsOf({ left, right, gaps = [] }: LineCell): { left: number; right: number }[] {
  const segments = [];
  for (const gap of gaps) {
    segments.push({ left, right: gap.left });
    left = gap.right;
  }
  return [...segments, { left, right }];
}

function partedCell(
  { text, left, right, gaps = [] }: LineCell,
  isApart: (gap: CellGap) => boolean,
): LineCell[] {
  const cells: LineCell[] = [];
  let begin = 0;
  for (const gap of gaps.filter(isApart)) {
    cells.push({ text: text.slice(begin, gap.at).trim(), left, right: gap.left });
    [begin, left] = [gap.at, gap.right];
  }
  return [...cells, { text: text.slice(begin).trim(), left, right }];
}

/** The sign that a footnote begins with. */
const NOTE_SIGN = /^(?:\d{1,3}|[*†‡§]{1,2})$/;

/**
 * Whether text is of the next cell though no gap is before it: it stands on another baseline, or begins
 * within what is before it.
 */
function isOtherCell(before: TextItem, { str, dir, transform }: TextItem, gap: number): boolean {
  const [sizeBefore, size] = [before.transform, transform].map(([, , c, d]) => Math.hypot(c, d) || 1);
  const isSameSize = Math.min(sizeBefore, size) >= SMALL_TYPE * Math.max(sizeBefore, size);
  if (dir === "ttb" || before.dir !== dir || !isSameSize) return false;
  if (gap < CELL_OVERLAP * size) return dir === "ltr" && !ACCENT_APART.test(`${before.str.at(-1)}${str[0]}`);
  return Math.abs(transform[5] - before.transform[5]) > CELL_SHIFT * size;
}

/**
 * Neighbouring lines of several cells as a table, or as columns of prose; undefined where the cells stand in
 * no columns.
 */
function tableOf(found: readonly PageLine[]): string | undefined {
  const lines = partedRows(found);
  const columns: { left: number; right: number }[] = [];
  for (const { left, right } of lines.flatMap(({ cells }) => cells).sort((a, b) => a.left - b.left)) {
    const last = columns.at(-1);
    if (last && left < last.right) last.right = Math.max(last.right, right);
    else columns.push({ left, right });
  }
  const rows: string[][] = [];
  for (const { cells } of lines) {
    const columnOf = ({ left }: LineCell) => columns.findLastIndex((column) => left >= column.left);
    const last = rows.at(-1);
    if (cells.length === 1 && last) {
      const column = columnOf(cells[0]);
      last[column] = last[column] === "" ? cells[0].text : `${last[column]}\u2028${cells[0].text}`;
      continue;
    }
    const row = Array<string>(columns.length).fill("");
    for (const cell of cells) {
      const column = columnOf(cell);
      if (row[column] !== "") return undefined;
      row[column] = cell.text;
    }
    rows.push(row);
  }
  const table = belowNames(rows, columns);
  if (lines.filter(({ isRtl }) => isRtl).length * 2 > lines.length) {
    for (const row of table) {
      row.reverse();
    }
  }
  const places = [...table[0].keys()];
  if (places.every((column) => isProse(table.map((row) => row[column])))) {
    return places.map((column) => joined(table.map((row) => row[column]))).join("\n\n");
  }
  return tableText(table, likelyHeaderRows(table));
}

/**
 * A name that is centred above figures at the side of their column begins beside them: what looks like a
 * column of a name alone, next to one without a name, is that one's.
 */
function belowNames(
  rows: readonly string[][],
  columns: readonly { readonly left: number; readonly right: number }[],
): string[][] {
  const [names, ...body] = rows;
  const hasBody = (column: number) => body.some((row) => row[column] !== "");
  for (const [column, { left, right }] of columns.entries()) {
    if (names[column] === "" || hasBody(column)) continue;
    const beside = [column - 1, column + 1].filter((other) => names[other] === "" && hasBody(other));
    const gap = (other: number) => other < column ? left - columns[other].right : columns[other].left - right;
    beside.sort((a, b) => gap(a) - gap(b));
    if (beside.length === 0) continue;
    for (const row of body) [row[column], row[beside[0]]] = [row[beside[0]], ""];
  }
  return rows.map((row) => row.filter((_, column) => names[column] !== "" || hasBody(column)));
}

function isProse(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== "");
  return filled.reduce((sum, { length }) => sum + length, 0) > filled.length * PROSE_CELL_CHARS;
}

function joined(lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("\u2028");
}

/** Lines of text: those that go on in the next one are joined. */
function paragraphs(lines: readonly PageLine[]): string {
  let text = "";
  for (const [index, line] of lines.entries()) {
    if (index > 0) text += lineEnd(lines[index - 1], line, lines);
    text += line.cells.map((cell) => cell.text).join(" | ");
  }
  return text;
}

/** What stands between two lines; U+2028 where the second goes on with the first. */
function lineEnd(above: PageLine, below: PageLine, lines: readonly PageLine[]): string {
  const down = above.y - below.y;
  const size = Math.max(above.size, below.size);
  if (/^\p{Ll}/u.test(below.cells[0].text) && Math.abs(down) < 4 * size) return "\u2028";
  if (down < 0) return isFull(above, lines) ? "\u2028" : "\n\n"; // the next column
  if (down > PARAGRAPH_GAP * size) return "\n\n";
  const isRow = [above, below].some(({ cells }) => cells.length > 1 || LED_ROW.test(cells[0].text));
  return isFull(above, lines) && !isRow ? "\u2028" : "\n";
}

function isFull({ cells, isRtl }: PageLine, lines: readonly PageLine[]): boolean {
  const left = cells[0].left;
  const right = cells[cells.length - 1].right;
  const sameColumn = isRtl
    ? lines.filter(({ cells }) => Math.abs(cells[cells.length - 1].right - right) < COLUMN_SLACK)
    : lines.filter(({ cells }) => Math.abs(cells[0].left - left) < COLUMN_SLACK);
  const widest = Math.max(...sameColumn.map(({ cells }) => cells[cells.length - 1].right - cells[0].left));
  return right - left >= FULL_LINE * widest && sameColumn.length > 1;
}

/**
 * The cut of a word at the end of a line; the hyphen of `Vor- und Nachteile` stands for a part of the next
 * word.
 */
const CUT_WORD =
  /(?<=\p{Ll})-\u2028(?=\p{Ll})(?!(?:und|oder|bzw|sowie|bis|and|or|to|y|o|et|ou|e|en|of)(?!\p{L}))/gu;
/** The end of a line within a word that has a hyphen anyway: Debian-Richtlinien, 9-17. */
const COMPOUND_END = /(?<=[\p{L}\p{N}]-)\u2028(?=[\p{Lu}\p{N}])/gu;

/**
 * Joins what goes on, with words that were hyphenated; a bullet of a symbol font becomes one that everybody
 * has.
 */
function tidy(text: string): string {
  return text.replace(CUT_WORD, "").replace(COMPOUND_END, "").split(/(?<=\n)/).map((line) =>
    joinLines(line.replaceAll("\u2028", "\n").replace(/\n(?=.)/g, "\u2028"))
  ).join("").replaceAll("\u2028", " ").replace(/^\p{Co}(?=\s)/gmu, "•").trim();
}

/**
 * Right-to-left text as it is read. pdf.js turns a line around letter by letter, which leaves two faults:
 * brackets that were drawn mirrored, and the two letters of the ligature of lam and alef in the wrong order
 * where the font names both. The second is mended where no word can be meant otherwise.
 */
function mendRtl(text: string): string {
  const ordered = text.replace(/(?<=^|[^\p{L}])ا([أإآ])ل/gu, "ال$1").replace(/(?<=^|[^\p{L}])اال/gu, "الا")
    .replace(/(?<=^|[^\p{L}])ال(?=$|[^\p{L}])/gu, "لا");
  return opensWrong(ordered) ? ordered.replace(/[()[\]]/g, (bracket) => MIRRORED[bracket]) : ordered;
}

const MIRRORED: Readonly<Record<string, string>> = { "(": ")", ")": "(", "[": "]", "]": "[" };

/** Whether every bracket is closed before it opens. */
function opensWrong(text: string): boolean {
  const brackets = text.match(/[()]/g)?.join("") ?? "";
  return brackets !== "" && /^(?:\)\()+$/.test(brackets);
}
