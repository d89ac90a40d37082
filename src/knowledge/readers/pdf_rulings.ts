/** A line along an axis: where it is on the other one, and from where to where it goes, in points. */
export interface Ruling {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The lines of a page that tables are drawn with. */
export interface Rulings {
  readonly across: readonly Ruling[];
  readonly down: readonly Ruling[];
}

/** What is drawn on a page, as pdf.js lists it. */
export interface DrawnPage {
  readonly fnArray: readonly number[];
  readonly argsArray: readonly unknown[];
}

/** Numbers of those of pdf.js's operators that draw lines. */
export interface LineOperators {
  readonly save: number;
  readonly restore: number;
  readonly transform: number;
  readonly constructPath: number;
  readonly endPath: number;
  readonly paintFormXObjectBegin: number;
  readonly paintFormXObjectEnd: number;
}

type Matrix = readonly [number, number, number, number, number, number];

/** A filled path that is no thicker, in points, is a line. */
const MAX_THICK = 3;
/** Shorter ones are parts of letters and pictures. */
const MIN_LONG = 8;
/** More are a drawing, and no table is looked for. */
const MAX_RULINGS = 20_000;
/** How many numbers follow each step of a path: move, line, curve of either kind, close. */
const STEP_NUMBERS = [2, 2, 6, 4, 0];

/** Lines along the axes that a page has: drawn, or filled as thin boxes, or the edges of boxes. */
export function rulingsOf({ fnArray, argsArray }: DrawnPage, operators: LineOperators): Rulings {
  const across: Ruling[] = [];
  const down: Ruling[] = [];
  const saved: Matrix[] = [];
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  const add = (left: number, bottom: number, right: number, top: number) => {
    if (right - left >= MIN_LONG && top - bottom <= MAX_THICK) {
      across.push({ at: (bottom + top) / 2, from: left, to: right });
    } else if (top - bottom >= MIN_LONG && right - left <= MAX_THICK) {
      down.push({ at: (left + right) / 2, from: bottom, to: top });
    } else if (right - left >= MIN_LONG && top - bottom >= MIN_LONG) {
      across.push({ at: bottom, from: left, to: right }, { at: top, from: left, to: right });
      down.push({ at: left, from: bottom, to: top }, { at: right, from: bottom, to: top });
    }
  };
  for (let index = 0; index < fnArray.length; index++) {
    const args = argsArray[index] as unknown[] | null;
    switch (fnArray[index]) {
      case operators.save:
        saved.push(matrix);
        break;
      case operators.restore:
      case operators.paintFormXObjectEnd:
        matrix = saved.pop() ?? matrix;
        break;
      case operators.paintFormXObjectBegin:
        saved.push(matrix);
        if (isMatrix(args?.[0])) matrix = product(matrix, args[0]);
        break;
      case operators.transform:
        if (isMatrix(args)) matrix = product(matrix, args);
        break;
      case operators.constructPath: {
        const [paint, [path]] = args as [number, [ArrayLike<number> | null]];
        if (paint === operators.endPath || !path) break; // it only clips
        for (const box of straightParts(path, matrix)) add(...box);
        if (across.length + down.length > MAX_RULINGS) return { across: [], down: [] };
      }
    }
  }
  return { across, down };
}

function isMatrix(value: unknown): value is Matrix {
  return Array.isArray(value) && value.length === 6 && value.every((part) => typeof part === "number");
}

type Box = [left: number, bottom: number, right: number, top: number];

/** The boxes around the parts of a path that go along the axes; none of one that curves or slants. */
function straightParts(path: ArrayLike<number>, matrix: Matrix): Box[] {
  const boxes: Box[] = [];
  let box: Box | undefined;
  let isStraight = true;
  let last: readonly [number, number] | undefined;
  const end = () => {
    if (box && isStraight) boxes.push(box);
    box = undefined;
    isStraight = true;
    last = undefined;
  };
  for (let at = 0; at < path.length;) {
    const step = path[at];
    const numbers = STEP_NUMBERS[step];
    if (numbers === undefined) return [];
    if (step === 0) end();
    if (numbers > 2) isStraight = false;
    if (numbers === 2) {
      const [x, y] = placed(path[at + 1], path[at + 2], matrix);
      if (last && Math.abs(x - last[0]) > 0.5 && Math.abs(y - last[1]) > 0.5) isStraight = false;
      box = box
        ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
        : [x, y, x, y];
      last = [x, y];
    }
    at += 1 + numbers;
  }
  end();
  return boxes;
}

function product(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[2] * b[1],
    a[1] * b[0] + a[3] * b[1],
    a[0] * b[2] + a[2] * b[3],
    a[1] * b[2] + a[3] * b[3],
    a[0] * b[4] + a[2] * b[5] + a[4],
    a[1] * b[4] + a[3] * b[5] + a[5],
  ];
}

function placed(x: number, y: number, [a, b, c, d, e, f]: Matrix): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}
