import XLSX from "@e965/xlsx";

/** What the library reads of a cell. */
export interface SheetCell {
  /** `n` is a number or a date, `z` a cell without a value. */
  readonly t?: string;
  /** As the library shows it. */
  readonly w?: string;
  readonly v?: unknown;
  /** Its format, such as `dd.mm.yyyy`. */
  readonly z?: string | number;
  readonly f?: string;
}

const DAY = "d{1,2}", MONTH = "(?<!m)m{1,2}(?!m)", YEAR = "y{2,4}", MARK = "\\\\?[./ -]+";
/** A date in figures within a format. 03/04/2026 is another day here than there. */
const DATE_IN_FIGURES = new RegExp(
  `(?:${DAY}${MARK}${MONTH}|${MONTH}${MARK}${DAY})${MARK}${YEAR}`,
  "i",
);
/** The library takes the dot of `d. mmmm` for one of fractions of a second, and shows nothing. */
const DATE_DOT = /(?<=[dmy])\./gi;
/** The library shows no per cent behind a space. */
const PER_CENT = /(?:\\?[\s\u00a0\u202f]|"[\s\u00a0\u202f]*")+%/g;
/** The library takes no letters of other scripts, such as those of `m月d日`, but between quotes. */
const UNQUOTED = /"[^"]*"|\\.|\P{ASCII}+/gu;
/** A place for a digit outside of quotes. */
const DIGIT_PLACE = /^(?:[^"]|"[^"]*")*?[0#]/;
/** Longest format that a spreadsheet program writes, in characters. */
const MAX_FORMAT_CHARS = 255;
/** From here on, `General` shows a number in powers of ten: of an order number, that loses digits. */
const LEAST_IN_POWERS = 1e11;

/** What a cell shows; dates in figures as `2026-01-31`. */
export function shownCell(cell: SheetCell | undefined, is1904: boolean): string {
  if (cell === undefined || cell.t === "z") return "";
  const { v: value, w: shown = String(cell.v ?? ""), z: format } = cell;
  if (typeof value !== "number" || cell.t !== "n" || String(format).length > MAX_FORMAT_CHARS) return shown;
  if (typeof format === "string" && XLSX.SSF.is_date(format)) {
    return shownDate(value, format, is1904) ?? shown;
  }
  if (typeof format === "string" && format.search(PER_CENT) >= 0) {
    return formatted(format.replace(PER_CENT, "%"), value, is1904) ?? shown;
  }
  // The library loses the figures of some formats, such as `#,##0.\–`.
  const isLost = value !== 0 && !/\d/.test(shown) && DIGIT_PLACE.test(String(format));
  const isCut = Number.isSafeInteger(value) && Math.abs(value) >= LEAST_IN_POWERS && /E\+/.test(shown);
  return isCut || isLost ? String(value) : shown;
}

function shownDate(value: number, format: string, is1904: boolean): string | undefined {
  return formatted(format.replace(DATE_IN_FIGURES, "yyyy-mm-dd").replace(DATE_DOT, "\\."), value, is1904);
}

function formatted(format: string, value: number, is1904: boolean): string | undefined {
  const clear = format.replace(UNQUOTED, (part) => /^["\\]/.test(part) ? part : `"${part}"`);
  try {
    const shown: unknown = XLSX.SSF.format(clear, value, { date1904: is1904 });
    return typeof shown === "string" && !shown.startsWith("bad") ? shown : undefined;
  } catch {
    return undefined; // a format of another program: what the library shows then
  }
}
