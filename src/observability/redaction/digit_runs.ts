import { spokenDigits } from "./spoken_digits.ts";

/** One piece of a run: digits as written together, or one spoken word. */
export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

/** Consecutive digits with only separators between them, written, spoken, or both. */
export interface DigitRun {
  /** First character of the run, including a `+` or `(` before it. */
  readonly start: number;
  /** Just after its last character. */
  readonly end: number;
  readonly digits: string;
  readonly groups: readonly DigitGroup[];
}

const TOKEN = /\d+|[\p{L}\p{M}'’]+|[^]/gu;
/** What may separate the digits of one number. Not a colon: times are not personal. */
const SEPARATOR = /^[\s\-–—.,()/+·]$/u;
/** `2026-11-22` and the like, `22.11.2026`, `11/22/2026`. */
const DATE = /(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d|[-/.]\d)/g;

/** Finds all runs in `text` of at least `leastDigits`, in order. */
export function digitRuns(text: string, leastDigits: number): DigitRun[] {
  const runs: DigitRun[] = [];
  const reader = new RunReader((groups) => {
    const digits = groups.map((group) => group.digits).join("");
    if (digits.length < leastDigits) return;
    let { start } = groups[0];
    while (start > 0 && "+(".includes(text[start - 1])) start--;
    runs.push({ start, end: groups[groups.length - 1].end, digits, groups });
  });
  const withoutDates = text.replace(DATE, (date) => "x".repeat(date.length));
  let before = "";
  for (const { 0: token, index } of withoutDates.matchAll(TOKEN)) {
    if (/^\d/.test(token)) {
      const after = withoutDates[index + token.length] ?? "";
      // Part of a name or an id, such as CA0123 or 3rd.
      if (/\p{L}/u.test(before) || /\p{L}/u.test(after)) reader.end();
      else reader.written(token, index);
    } else if (!SEPARATOR.test(token)) reader.word(token, index);
    before = token.at(-1)!;
  }
  reader.end();
  return runs;
}

/** Builds runs token by token. */
class RunReader {
  readonly #onRun: (groups: DigitGroup[]) => void;
  #groups: DigitGroup[] = [];
  #repeat: { times: number; start: number } | undefined;
  /** The last word was a multiple of ten, so a unit replaces its 0. */
  #isAfterTens = false;

  constructor(onRun: (groups: DigitGroup[]) => void) {
    this.#onRun = onRun;
  }

  written(digits: string, start: number): void {
    this.#add(digits, start, start + digits.length);
  }

  word(word: string, start: number): void {
    const meaning = spokenDigits(word);
    const end = start + word.length;
    switch (meaning?.kind) {
      case "digits":
        if (meaning.isUnit && meaning.digits !== "0" && this.#isAfterTens) {
          const tens = this.#groups.pop()!;
          return this.#add(tens.digits.slice(0, -1) + meaning.digits, tens.start, end);
        }
        return this.#add(meaning.digits, start, end);
      case "tens":
        this.#add(meaning.digit + "0", start, end);
        this.#isAfterTens = true;
        return;
      case "repeat":
        this.#repeat = { times: meaning.times, start };
        return;
      case "filler":
        return;
      case undefined:
        return this.end();
    }
  }

  end(): void {
    if (this.#groups.length > 0) this.#onRun(this.#groups);
    this.#groups = [];
    this.#repeat = undefined;
    this.#isAfterTens = false;
  }

  #add(digits: string, start: number, end: number): void {
    const repeat = this.#repeat;
    this.#repeat = undefined;
    this.#isAfterTens = false;
    this.#groups.push(
      repeat
        ? { digits: digits[0].repeat(repeat.times) + digits.slice(1), start: repeat.start, end }
        : { digits, start, end },
    );
  }
}
