import { type LineCell, type PageLine, PARAGRAPH_GAP } from "./pdf_line.ts";

/** Sides of lines that are no further apart, in points, are those of one column. */
const FLUSH = 2;
/** Spaces of a line that is set flush differ by so much of their mean at most. */
const UNEVEN = 0.15;
/** A line of so many words is one of prose. */
const MIN_WORDS = 3;

/**
 * Joins the words of lines whose spaces are as wide as gaps between cells, since the lines are set flush:
 * next to a line of prose with the same sides, with even spaces between single words.
 */
export function joinJustified(lines: readonly PageLine[]): void {
  // Downwards, then upwards: a joined line is one of prose for its other neighbour.
  for (const [index, line] of lines.entries()) joinIf(line, lines[index - 1]);
  for (let index = lines.length - 2; index >= 0; index--) joinIf(lines[index], lines[index + 1]);
}

function joinIf(line: PageLine, neighbour: PageLine | undefined): void {
  const { cells } = line;
  if (cells.length < 2 || neighbour === undefined || !isProse(neighbour)) return;
  if (!isFlush(line, neighbour) || !isEven(cells)) return;
  const [first] = cells;
  const { right } = cells[cells.length - 1];
  const text = cells.map((cell) => cell.text).join(" ");
  cells.splice(0, cells.length, { text, left: first.left, right, isProse: true });
}

function isProse({ cells: [cell, ...others] }: PageLine): boolean {
  return others.length === 0 && (cell.isProse || cell.text.split(" ").length >= MIN_WORDS);
}

function isFlush(line: PageLine, other: PageLine): boolean {
  const sides = ({ cells }: PageLine) => [cells[0].left, cells[cells.length - 1].right];
  const [left, right] = sides(line);
  const [otherLeft, otherRight] = sides(other);
  return Math.abs(left - otherLeft) < FLUSH && Math.abs(right - otherRight) < FLUSH &&
    Math.abs(line.y - other.y) < PARAGRAPH_GAP * Math.max(line.size, other.size);
}

/** Whether cells are single words, which one gap tells nothing of where they have figures. */
function isEven(cells: readonly LineCell[]): boolean {
  if (cells.some(({ text }) => text.includes(" "))) return false;
  const gaps = cells.slice(1).map(({ left }, index) => left - cells[index].right);
  if (gaps.length === 1) return cells.every(({ text }) => !/\d/.test(text));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return gaps.every((gap) => Math.abs(gap - mean) <= UNEVEN * mean);
}
