/*
 * Tables as text, in the form that Markdown has and models read: rows of cells between `|`, and below a
 * header a line of dashes. Readers write them, and the chunker finds them again to keep each row with its
 * header.
 */

import { cutBetweenWords } from "../util/cut_text.ts";

/** Longest header that is repeated, in characters; rows of a wider table name the column in each cell. */
const MAX_HEADER_CHARS = 300;
/** Most columns of such a header: its line of dashes takes four characters for each. */
const MAX_HEADER_COLUMNS = 60;
/** Longest legend that is repeated with a table, in characters. */
const MAX_LEGEND_CHARS = 200;
/** Longest first cell that each piece of a long row begins with, in characters. */
const MAX_TITLE_CHARS = 80;
/** A paragraph below a table that explains its marks. */
const IS_LEGEND =
  /^[*†‡§¹²³⁴⁵⁶⁷⁸⁹(\[]|^(?:\p{L}{1,3}|\d) ?[=:)]|^(?:legend|note|all prices|prices|legende|hinweis|anmerkung|alle preise|alle angaben|preise|leyenda|nota|précios|precios|todos los precios|légende|remarque|tous les prix|prix|legenda|observação|todos os preços|preços|tutti i prezzi|prezzi|注|※|\*)/iu;

/** A part of a text. */
export type Block =
  | { readonly kind: "prose"; readonly text: string }
  | { readonly kind: "table"; readonly table: TextTable };

/** A table in a text. */
export interface TextTable {
  /** What explains it, from the paragraphs around it; empty without any. At most {@link MAX_LEGEND_CHARS}. */
  readonly legend: string;
  /** The names of the columns and the line of dashes; empty without any. */
  readonly header: string;
  readonly rows: readonly TableLine[];
}

/** One row. */
export interface TableLine {
  readonly text: string;
  /** Heads the rows below it, as a row of one cell does. */
  readonly isGroup: boolean;
  /**
   * The row in pieces of at most `room` characters, cut between its cells where they fit. Each names the row
   * and its columns.
   */
  pieces(room: number): string[];
}

/**
 * Rows of cells as text. `header` is how many of the first rows name the columns; several are joined into
 * one.
 */
export function tableText(rows: readonly (readonly string[])[], header: number): string {
  const width = Math.max(0, ...rows.map(({ length }) => length));
  const isColumn = Array.from(
    { length: width },
    (_, column) => rows.some((row) => (row[column] ?? "") !== ""),
  );
  const kept = rows.map((row) => row.length === 1 ? [...row] : row.filter((_, column) => isColumn[column]));
  const columns = isColumn.filter(Boolean).length;
  if (columns === 0) return "";
  const names = joinedHeader(kept.slice(0, header), columns);
  const body = kept.slice(header).filter((row) => row.some((cell) => cell !== ""));
  // A table of one column is a list of lines.
  if (columns === 1) return [...header > 0 ? [names] : [], ...body].map(([cell]) => cell).join("\n");
  const lines = body.map((row) => rowText(row.length === 1 ? row : padded(row, columns)));
  if (header === 0) return lines.join("\n");
  return [rowText(names), `|${"---|".repeat(columns)}`, ...lines].join("\n");
}

/** How many of the first rows are likely to name the columns, where nothing says so. */
export function likelyHeaderRows(rows: readonly (readonly string[])[]): 0 | 1 {
  const [first, ...others] = rows;
  if (first === undefined || others.length === 0 || first.length < 2) return 0;
  const named = first.slice(1).every((cell) => cell !== "");
  if (first[0] === "" && named) return 1;
  // A year above other figures names them.
  const isYear = (cell: string | undefined) => cell !== undefined && /^(?:19|20)\d\d$/.test(cell);
  const isValue = (cell: string, column: number) =>
    /\d/.test(cell) && !(isYear(cell) && !others.some((row) => isYear(row[column])));
  if (!named || first.some(isValue) || new Set(first).size < first.length) return 0;
  // Words above figures.
  const isFigure = (cell: string | undefined) => cell !== undefined && /\d/.test(cell);
  return first.some((_, column) => others.filter((row) => isFigure(row[column])).length * 2 > others.length)
    ? 1
    : 0;
}

function joinedHeader(rows: readonly (readonly string[])[], columns: number): string[] {
  return Array.from({ length: columns }, (_, column) => {
    const names = rows.map((row) => row.length === 1 ? "" : row[column] ?? "").filter((name) => name !== "");
    return [...new Set(names)].join(" ");
  });
}

function padded(row: readonly string[], columns: number): string[] {
  return [...row, ...Array<string>(Math.max(0, columns - row.length)).fill("")];
}

function rowText(cells: readonly string[]): string {
  return `|${cells.map((cell) => cell === "" ? " |" : ` ${cell.replaceAll("|", "\\|")} |`).join("")}`;
}

const ROW = /^\|.*\|$/;
const DASHES = /^\|? ?(?::?-+:? ?\| ?)+(?::?-+:?)?$/;

/** Divides a text into tables and what stands between them. */
export function splitBlocks(text: string): Block[] {
  const paragraphs = text.split(/\n{2,}/);
  const blocks: Block[] = [];
  for (const [index, paragraph] of paragraphs.entries()) {
    for (const block of blocksOf(paragraph)) {
      if (block.kind === "prose") {
        blocks.push(block);
        continue;
      }
      const above = blocks.at(-1);
      const legend = joinedLegend(above?.kind === "prose" ? above.text : "", paragraphs[index + 1] ?? "");
      blocks.push({ kind: "table", table: { ...block.table, legend } });
    }
  }
  return blocks;
}

function joinedLegend(above: string, below: string): string {
  const parts = [above, IS_LEGEND.test(below) ? below : ""].filter((part) => part !== "");
  const whole = parts.join("\n\n");
  if (whole.length <= MAX_LEGEND_CHARS) return whole;
  return parts.reverse().find(({ length }) => length <= MAX_LEGEND_CHARS) ?? "";
}

function* blocksOf(paragraph: string): Generator<Block> {
  const lines = paragraph.split("\n");
  const isHeader = (at: number) => lines[at].includes("|") && DASHES.test(lines[at + 1] ?? "");
  for (let at = 0; at < lines.length;) {
    const start = at;
    if (isHeader(at)) {
      for (at += 2; at < lines.length && lines[at].includes("|"); at++);
      yield* headed(lines[start], lines.slice(start + 2, at));
      continue;
    }
    if (ROW.test(lines[at])) {
      for (; at < lines.length && ROW.test(lines[at]) && (at === start || !isHeader(at)); at++);
      const rows = lines.slice(start, at).map((line) => tableLine([], line));
      yield { kind: "table", table: { legend: "", header: "", rows } };
      continue;
    }
    for (; at < lines.length && !ROW.test(lines[at]) && !isHeader(at); at++);
    yield { kind: "prose", text: lines.slice(start, at).join("\n") };
  }
}

function* headed(header: string, lines: readonly string[]): Generator<Block> {
  const names = cellsOf(header);
  const isWide = header.length > MAX_HEADER_CHARS || names.length > MAX_HEADER_COLUMNS;
  if (isWide || lines.length === 0) yield { kind: "prose", text: header };
  if (lines.length === 0) return;
  const rows = lines.map((line) => tableLine(names, line, isWide));
  const dashes = `|${"---|".repeat(names.length)}`;
  yield { kind: "table", table: { legend: "", header: isWide ? "" : `${header}\n${dashes}`, rows } };
}

function tableLine(names: readonly string[], line: string, isRecord = false): TableLine {
  const cells = cellsOf(line);
  const pieces = (room: number) => recordPieces(names, cells, room);
  return { text: isRecord ? recordText(names, cells) : line, isGroup: isGroup(cells), pieces };
}

/** A row whose cells name their columns. */
function recordText(names: readonly string[], cells: readonly string[]): string {
  return named(names, cells).join("; ");
}

function recordPieces(names: readonly string[], cells: readonly string[], room: number): string[] {
  const pieces: string[] = [];
  const title = cells[0] !== "" && cells[0].length <= MAX_TITLE_CHARS ? `${cells[0]}; ` : "";
  let held = "";
  for (const cell of named(names, cells)) {
    for (const part of cutBetweenWords(cell, room - title.length)) {
      if (held !== "" && held.length + 2 + part.length > room) {
        pieces.push(held);
        held = title + part;
      } else held = held === "" ? part : `${held}; ${part}`;
    }
  }
  return held === "" ? pieces : [...pieces, held];
}

function named(names: readonly string[], cells: readonly string[]): string[] {
  return cells.map((cell, column) => {
    const name = names[column] ?? "";
    return cell === "" || name === "" ? cell : `${name}: ${cell}`;
  }).filter((cell) => cell !== "");
}

/** One cell, or one in bold type before empty ones. */
function isGroup([first, ...others]: readonly string[]): boolean {
  return others.length === 0 || (/^(\*\*|__).+\1$/.test(first) && others.every((cell) => cell === ""));
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim());
}
