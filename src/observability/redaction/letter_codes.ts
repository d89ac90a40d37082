import { isCpf, isIban, isNationalId, isUsSocial } from "./check_digits.ts";
import type { Subject } from "./cues.ts";
import type { NumberGroup, TextToken } from "./number_groups.ts";
import { writtenDates } from "./quantities.ts";

/** Letters or digits that belong together. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly chars: string;
  readonly isLetters: boolean;
}

/** A number of letters and digits: of an account, a person or a passport. */
export interface LetterCode {
  readonly start: number;
  readonly end: number;
  readonly kind: "iban" | "ssn" | "passport";
}

/** Most letters and digits: those of an IBAN. */
const MAX_CHARS = 34;
/** Letters that stand by themselves in a code: more are a word. */
const MAX_LETTERS = 6;
/** A number that was asked for or announced has at least so many digits. */
const MIN_ANNOUNCED_DIGITS = 4;

/**
 * Finds account numbers, national numbers and passports: by their check digits, or because they were asked
 * for or announced.
 * @param aboutAt what a number at a place is about
 */
export function letterCodes(
  text: string,
  tokens: readonly TextToken[],
  groups: readonly NumberGroup[],
  aboutAt: (start: number, end: number) => Subject | undefined,
): LetterCode[] {
  const codes: LetterCode[] = [];
  for (const run of pieceRuns(tokens, groups, writtenDates(text, groups))) {
    const digits = run.reduce((sum, { isLetters, chars }) => sum + (isLetters ? 0 : chars.length), 0);
    if (digits < MIN_ANNOUNCED_DIGITS) continue;
    const before = codes.length;
    for (let first = 0; first < run.length; first++) {
      const found = checkedFrom(text, run, first);
      if (!found) continue;
      codes.push({ start: run[first].start, end: run[found.last].end, kind: found.kind });
      first = found.last;
    }
    if (codes.length > before) continue;
    const announced = announcedCode(text, run, aboutAt);
    if (announced) codes.push(announced);
  }
  return codes;
}

/**
 * Runs of pieces with nothing but separators between them. A date is no part of one: "passport 533401187,
 * 04/12/2019".
 */
function pieceRuns(
  tokens: readonly TextToken[],
  groups: readonly NumberGroup[],
  isDate: readonly boolean[],
): Piece[][] {
  const runs: Piece[][] = [];
  let run: Piece[] = [];
  const end = () => {
    if (run.some(({ isLetters }) => !isLetters)) runs.push(run);
    run = [];
  };
  let group = 0;
  for (const { kind, text, start, end: stop } of tokens) {
    while (groups[group]?.end <= start) group++;
    const isIn = groups[group]?.start <= start;
    if (isIn && isDate[group]) end();
    else if (isIn) {
      const { start, end, digits } = groups[group];
      if (run.at(-1)?.start !== start) run.push({ start, end, chars: digits, isLetters: false });
    } else if (kind === "digits") run.push({ start, end: stop, chars: text, isLetters: false });
    else if (kind === "word") {
      const isCode = text.length <= MAX_LETTERS && /^[A-Z]+$/.test(text) ||
        (text.length === 1 && run.at(-1)?.end === start && /^[a-z]$/.test(text));
      if (isCode) run.push({ start, end: stop, chars: text.toUpperCase(), isLetters: true });
      else end();
    } else if (kind === "other" && !"-.,/–".includes(text)) end();
  }
  end();
  return runs;
}

/** A code that holds together by itself and begins with the piece at `first`; the longest. */
function checkedFrom(
  text: string,
  run: readonly Piece[],
  first: number,
): { last: number; kind: "iban" | "ssn" } | undefined {
  let chars = "";
  let found: { last: number; kind: "iban" | "ssn" } | undefined;
  for (let last = first; last < run.length && chars.length + run[last].chars.length <= MAX_CHARS; last++) {
    chars += run[last].chars;
    if (chars.length < 9) continue;
    if (isIban(chars)) found = { last, kind: "iban" };
    else if (chars.length <= 16 && isNationalId(chars)) found ??= { last, kind: "ssn" };
    else if (
      chars.length === 11 && /^\d{3}\.\d{3}\.\d{3}-\d\d$/.test(text.slice(run[first].start, run[last].end))
    ) {
      if (isCpf(chars)) found ??= { last, kind: "ssn" };
    } else if (chars.length === 9 && isUsForm(text, run, first, last) && isUsSocial(chars)) {
      found ??= { last, kind: "ssn" };
    }
  }
  return found;
}

/** Three digits, two and four, with strokes between them. */
function isUsForm(text: string, run: readonly Piece[], first: number, last: number): boolean {
  const touches = text.slice(Math.max(0, run[first].start - 1), run[first].start) +
    text.slice(run[last].end, run[last].end + 2);
  return /^\d{3}[-–]\d{2}[-–]\d{4}$/.test(text.slice(run[first].start, run[last].end)) &&
    !/[-–]\S/.test(touches);
}

/** Characters before a number that may tell that it is a year. */
const MAX_BEFORE_YEAR = 12;
/** A year since when it holds, or until when. */
const YEAR = /^(?:19|20)\d\d$/;
const BEFORE_YEAR =
  /(?<!\p{L})(?:in|since|from|until|till|of|seit|von|bis|en|desde|hasta|de|depuis|jusqu['’]en|nel|dal|fino al|em|até)\s$/iu;

function announcedCode(
  text: string,
  run: readonly Piece[],
  aboutAt: (start: number, end: number) => Subject | undefined,
): LetterCode | undefined {
  let first = 0;
  // "SSN 457 …": the name of the number is no part of it
  while (run[first].isLetters && run[first].chars.length > 2 && run[first + 1]?.start > run[first].end) {
    first++;
  }
  let last = run.length - 1;
  while (
    last > first && run[last].isLetters && run[last].start > run[last - 1].end && run[last].chars.length > 1
  ) last--;
  const about = aboutAt(run[first].start, run[last].end);
  if (about !== "iban" && about !== "ssn" && about !== "passport") return undefined;
  const chars = run.slice(first, last + 1).map(({ chars }) => chars).join("");
  if (chars.length > MAX_CHARS || chars.replace(/\D/g, "").length < MIN_ANNOUNCED_DIGITS) return undefined;
  if (
    YEAR.test(chars) &&
    BEFORE_YEAR.test(text.slice(Math.max(0, run[first].start - MAX_BEFORE_YEAR), run[first].start))
  ) {
    return undefined;
  }
  return { start: run[first].start, end: run[last].end, kind: about };
}
