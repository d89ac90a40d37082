import type { Language } from "./spoken_languages.ts";
import { type Numeral, numeralOf } from "./numerals.ts";

/** A word, digits, or one other character. */
export interface TextToken {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly kind: "word" | "digits" | "space" | "other";
}

/** What is said or written in one go as digits: `415`, `twenty-three`, `one thousand two hundred`. */
export interface NumberGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  readonly isSpoken: boolean;
  /** What lies between it and the group before it: a number can go on across all but `break`. */
  readonly gap: "tight" | "comma" | "turn" | "break";
  /** A plus sign is before it. */
  readonly hasPlus: boolean;
}

/** Joins turns that are read as one: the line separator, white space that nobody types. */
export const JOINT = "\u2028";

const TOKEN = /\d+|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*['’]?|\s+|[^]/gu;

/** Cuts a text into its tokens. */
export function tokensOf(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  for (const { 0: found, index } of text.matchAll(TOKEN)) {
    const kind = kindOf(found);
    tokens.push({ text: found, start: index, end: index + found.length, kind });
  }
  return tokens;
}

function kindOf(token: string): TextToken["kind"] {
  const char = token.charCodeAt(0);
  if (char >= 48 && char <= 57) return "digits";
  if (char === 32) return "space";
  if ((char >= 97 && char <= 122) || (char >= 65 && char <= 90)) return "word";
  if (char < 128) return char >= 9 && char <= 13 ? "space" : "other";
  return /^[\p{L}\p{M}]/u.test(token) ? "word" : /^\s/.test(token) ? "space" : "other";
}

/** Said between the digits of one number without ending it, in any of the languages. */
const FILLERS = new Set(
  ("and then so um uh er erm yes yeah ok okay dash hyphen space area code und dann danach ja äh ähm also y luego después sí eh et puis " +
    "ensuite alors euh oui e poi dopo sì ehm depois então sim bindestrich strich guion guión tiret trattino traço hífen plus")
    .split(" "),
);
/** Whether a word does not end a number. */
export function isFiller(word: string): boolean {
  return FILLERS.has(word.toLowerCase());
}

/** Joins tens and units, or hundreds and what follows. */
const AND = new Set(["and", "und", "y", "et", "e"]);
const PUNCTUATION = /^[-–—.,()/+·;]$/;

/** The groups of digits in a text, in order. */
export function numberGroups(tokens: readonly TextToken[], language: Language): NumberGroup[] {
  const groups: NumberGroup[] = [];
  let gap: NumberGroup["gap"] = "break";
  let hasPlus = false;
  let plusAt = 0;
  let at = 0;
  const add = (from: number, to: number, digits: string, isSpoken: boolean) => {
    const { start } = tokens[hasPlus ? plusAt : from];
    groups.push({ start, end: tokens[to].end, digits, isSpoken, gap, hasPlus });
    gap = "tight";
    hasPlus = false;
  };
  const widen = (wider: "comma" | "turn") => {
    if (gap !== "break") gap = gap === "turn" ? "turn" : wider;
  };
  while (at < tokens.length) {
    const token = tokens[at];
    if (token.kind === "space") {
      if (token.text.includes(JOINT)) widen("turn");
    } else if (token.kind === "digits") {
      if (isPartOfWord(tokens, at)) gap = "break";
      else add(at, at, token.text, false);
    } else if (token.kind === "other") {
      if (!PUNCTUATION.test(token.text)) gap = "break";
      else if (",.;".includes(token.text) && tokens[at + 1]?.kind === "space") widen("comma");
      hasPlus = token.text === "+";
      plusAt = at;
    } else {
      const spoken = spokenGroup(tokens, at, language);
      if (spoken) {
        add(at, spoken.last, spoken.digits, true);
        at = spoken.last;
      } else if (token.text.toLowerCase() === "plus") {
        hasPlus = true;
        plusAt = at;
      } else if (isFiller(token.text)) widen("comma");
      else gap = "break";
    }
    at++;
  }
  return groups;
}

/** `CA0123`, `3rd`, `19h30`: digits that letters touch are no group. */
function isPartOfWord(tokens: readonly TextToken[], at: number): boolean {
  return tokens[at - 1]?.kind === "word" || tokens[at + 1]?.kind === "word";
}

/** Reads a number from words, as far as they make one. */
function spokenGroup(
  tokens: readonly TextToken[],
  first: number,
  language: Language,
): { digits: string; last: number } | undefined {
  const numeral = numeralAt(tokens, first, language);
  if (!numeral) return undefined;
  if (numeral.kind === "repeat") return repeated(tokens, first, numeral.value, language);
  if (numeral.value === 6 && tokens[first].text === "meia" && wordBefore(tokens, first) === "e") {
    return undefined;
  }
  const sum = new NumeralSum(numeral, language);
  let last = first;
  while (!sum.isFull) {
    const next = nextWord(tokens, last);
    if (next === undefined) break;
    const isAnd = AND.has(tokens[next].text.toLowerCase());
    const place = isAnd ? nextWord(tokens, next) : next;
    if (place === undefined) break;
    const more = numeralAt(tokens, place, language);
    if (!more || more.kind === "repeat" || !sum.takes(more, isAnd, followsUnit(tokens, place, language))) {
      break;
    }
    sum.add(more);
    last = place;
  }
  return { digits: String(sum.value), last };
}

function numeralAt(tokens: readonly TextToken[], at: number, language: Language): Numeral | undefined {
  const token = tokens[at];
  if (token?.kind !== "word") return undefined;
  return numeralOf(token.text.toLowerCase().replace(/^[ld]['’]/, ""), language);
}

/** The word behind one, with only a space or a hyphen between them. */
function nextWord(tokens: readonly TextToken[], at: number): number | undefined {
  const between = tokens[at + 1];
  const isNear = between?.kind === "space" && !between.text.includes(JOINT) || between?.text === "-";
  return isNear && tokens[at + 2]?.kind === "word" ? at + 2 : undefined;
}

function wordBefore(tokens: readonly TextToken[], at: number): string {
  return tokens[at - 1]?.kind === "space" ? tokens[at - 2]?.text.toLowerCase() ?? "" : "";
}

/** Digits that are read one by one go on behind it. */
function followsUnit(tokens: readonly TextToken[], at: number, language: Language): boolean {
  const next = nextWord(tokens, at);
  return next !== undefined && numeralAt(tokens, next, language)?.kind === "unit";
}

/** `double seven`, `triple 5` */
function repeated(
  tokens: readonly TextToken[],
  first: number,
  times: number,
  language: Language,
): { digits: string; last: number } | undefined {
  if (tokens[first + 1]?.kind !== "space" && tokens[first + 1]?.text !== "-") return undefined;
  const at = first + 2;
  const numeral = numeralAt(tokens, at, language);
  if (numeral?.kind === "unit") return { digits: String(numeral.value).repeat(times), last: at };
  const token = tokens[at];
  if (token?.kind !== "digits" || token.text.length !== 1) return undefined;
  return { digits: token.text.repeat(times), last: at };
}

/** Adds number words up while the grammar lets them be one number. */
class NumeralSum {
  readonly #language: Language;
  #thousands = 0;
  #part = 0;
  /** What may still be added is less than this. */
  #room = 0;
  /** What was added last. */
  #last = 0;
  #hasThousand = false;

  constructor(first: Numeral, language: Language) {
    this.#language = language;
    this.#put(first);
    if (first.kind === "hundred") this.#room = 100;
    if (first.kind === "thousand") this.#thousand(1);
  }

  get value(): number {
    return this.#thousands + this.#part;
  }

  /** Nothing can follow. */
  get isFull(): boolean {
    return this.value === 0 || this.value >= 1_000_000;
  }

  takes(next: Numeral, isAnd: boolean, isFollowedByUnit: boolean): boolean {
    const isFourTwenty = this.#isFourTwenty(next);
    if (next.kind === "hundred") return !isAnd && this.#part > 0 && this.#part < 100;
    if (next.kind === "thousand") return !isAnd && !this.#hasThousand && this.#part > 0;
    if (isFourTwenty) return !isAnd;
    if (next.value === 0 || next.value >= this.#room) return false;
    if (next.kind === "unit" && this.#room >= 100 && !isAnd) {
      return this.#language !== "en" && !isFollowedByUnit; // eight hundred, five five five
    }
    return isAnd ? this.#maySayAnd(next) : this.#room > 10 || this.#addsWithoutAnd(next);
  }

  add(next: Numeral): void {
    if (next.kind === "hundred") {
      this.#part *= 100;
      this.#room = 100;
    } else if (next.kind === "thousand") this.#thousand(this.#part);
    else if (this.#isFourTwenty(next)) {
      this.#part = 80;
      this.#room = 20;
    } else this.#put(next);
  }

  #put({ kind, value }: Numeral): void {
    const before = this.#part;
    this.#part += value;
    this.#last = value;
    this.#room = kind === "hundreds" || kind === "hundred" ? 100 : kind === "tens" ? 10 : 0;
    if (this.#language === "fr" && value === 60) this.#room = 20;
    // soixante-dix-sept: the ten that was added may take sept, huit and neuf
    if (this.#language === "fr" && value === 10 && before > 0) this.#room = 10;
  }

  #thousand(times: number): void {
    this.#thousands = times * 1_000;
    this.#part = 0;
    this.#room = 1_000;
    this.#hasThousand = true;
  }

  #isFourTwenty(next: Numeral): boolean {
    return this.#language === "fr" && next.kind === "tens" && next.value === 20 && this.#part % 100 === 4;
  }

  /** thirty-one and trente-deux, but treinta y uno, trinta e um. */
  #addsWithoutAnd(next: Numeral): boolean {
    if (this.#language === "en" || this.#language === "it") return next.kind === "unit";
    if (this.#language !== "fr") return false;
    return this.#last === 10 ? next.value >= 7 : true;
  }

  #maySayAnd(next: Numeral): boolean {
    switch (this.#language) {
      case "en":
        return this.#room >= 100;
      case "fr":
        return this.#room < 100 && (next.value === 1 || next.value === 11);
      case "es":
        return this.#room === 10 && next.kind === "unit";
      case "pt":
        return true;
      default:
        return this.#room >= 100;
    }
  }
}
