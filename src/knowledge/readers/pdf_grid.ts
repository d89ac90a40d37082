import type { Ruling, Rulings } from "./pdf_rulings.ts";

/** Where a piece of text stands, in points. */
export interface Placed {
  /** Within its first letter: a long word may go over the side of its cell. */
  readonly x: number;
  readonly left: number;
  readonly right: number;
  /** Middle of its height. */
  readonly y: number;
}

/** A table that lines are drawn around: which pieces of text stand in which of its cells. */
export interface Grid<Piece> {
  /** Cells by rows, from the top; in each its pieces, in the page's order. */
  readonly rows: readonly (readonly (readonly Piece[])[])[];
}

/** Lines that are no further apart, in points, are one. */
const SAME_LINE = 3;
/** Lines meet where they end so near to each other, in points. */
const MEETS = 4;
/** Most rows and columns of a table; more are a drawing. */
const MAX_ROWS = 400, MAX_COLUMNS = 40;

/**
 * The tables of a page by the lines that are drawn around their cells. A cell that goes over several rows is
 * in each of them, one that goes over several columns in the first.
 */
export function gridsOf<Piece extends Placed>(rulings: Rulings, pieces: readonly Piece[]): Grid<Piece>[] {
  return drawnTables(rulings).flatMap(({ across, down }) => {
    const ys = placesOf(across, down).reverse(); // from the top
    const xs = placesOf(down, across);
    if (ys.length < 3 || xs.length < 3 || ys.length > MAX_ROWS || xs.length > MAX_COLUMNS) return [];
    const inside = pieces.filter(({ x, y }) =>
      y < ys[0] && y > ys[ys.length - 1] && x > xs[0] && x < xs[xs.length - 1]
    );
    const isLine = (lines: readonly Ruling[], at: number, place: number) =>
      lines.some((line) => Math.abs(line.at - at) <= SAME_LINE && line.from <= place && line.to >= place);
    // By rows and columns: the row that the cell there begins in.
    const rowOf = ys.slice(1).map((_, row) =>
      xs.slice(1).map((right, column) => {
        let first = row;
        while (first > 0 && !isLine(across, ys[first], (xs[column] + right) / 2)) first--;
        return first;
      })
    );
    const rows = rowOf.map((firsts, row) => {
      const y = (ys[row] + ys[row + 1]) / 2;
      return firsts.map((first, column): Piece[] => {
        if (column > 0 && !isLine(down, xs[column], y)) return [];
        let end = column + 1;
        while (end < xs.length - 1 && !isLine(down, xs[end], y)) end++;
        let last = row;
        while (last + 1 < rowOf.length && rowOf[last + 1][column] === first) last++;
        return inside.filter(({ x, y }) =>
          y < ys[first] && y >= ys[last + 1] && x >= xs[column] && x < xs[end]
        );
      });
    });
    const isCrossed = inside.some(({ left, right, y }) =>
      xs.filter((x) => left < x - SAME_LINE && right > x + SAME_LINE && isLine(down, x, y)).length > 1
    );
    return isCrossed ? [] : [{ rows }];
  });
}

/** Lines that meet, in groups. */
function drawnTables({ across, down }: Rulings): { across: Ruling[]; down: Ruling[] }[] {
  const rows = merged(across);
  const columns = merged(down);
  const tables: { across: Ruling[]; down: Ruling[] }[] = [];
  const left = new Set(columns);
  for (const first of columns) {
    if (!left.delete(first)) continue;
    const table = { across: [] as Ruling[], down: [first] };
    const taken = new Set<Ruling>();
    for (const column of table.down) { // grows meanwhile
      for (const row of rows) {
        if (taken.has(row) || !meet(row, column)) continue;
        taken.add(row);
        table.across.push(row);
        for (const other of left) {
          if (!meet(row, other)) continue;
          left.delete(other);
          table.down.push(other);
        }
      }
    }
    tables.push(table);
  }
  return tables;
}

function meet(row: Ruling, column: Ruling): boolean {
  return row.from - MEETS <= column.at && column.at <= row.to + MEETS && column.from - MEETS <= row.at &&
    row.at <= column.to + MEETS;
}

/** Lines without those that go on one another. */
function merged(lines: readonly Ruling[]): Ruling[] {
  const whole: { at: number; from: number; to: number }[] = [];
  for (const line of [...lines].sort((a, b) => a.at - b.at || a.from - b.from)) {
    let on: { at: number; from: number; to: number } | undefined;
    for (let index = whole.length - 1; index >= 0 && line.at - whole[index].at <= SAME_LINE; index--) {
      if (line.from <= whole[index].to + MEETS && line.to >= whole[index].from - MEETS) on = whole[index];
    }
    if (on) {
      on.from = Math.min(on.from, line.from);
      on.to = Math.max(on.to, line.to);
    } else whole.push({ ...line });
  }
  return whole;
}

/** Where lines are on their axis, and the ends of those that they meet: many tables have no sides. */
function placesOf(lines: readonly Ruling[], met: readonly Ruling[]): number[] {
  const ends = [Math.min(...met.map(({ from }) => from)), Math.max(...met.map(({ to }) => to))];
  const places: number[] = [];
  for (const at of [...lines.map((line) => line.at), ...ends].sort((a, b) => a - b)) {
    if (places.length === 0 || at - places[places.length - 1] > SAME_LINE) places.push(at);
  }
  return places;
}
