import { isLuhn, isUsSocial } from "./check_digits.ts";
import { type LocalCue, localCue } from "./cues.ts";
import { letterCodes } from "./letter_codes.ts";
import {
  isFiller,
  JOINT,
  type NumberGroup,
  numberGroups,
  type TextToken,
  tokensOf,
} from "./number_groups.ts";
import { quantityGroups, writtenDates } from "./quantities.ts";
import { emailPlaces } from "./spoken_email.ts";
import { isConfident } from "./telephone_shape.ts";
import type { TextContext } from "./text_context.ts";

/** Personal data that is told by its form and by what is said around it. */
export type SpanKind = "telephone" | "email" | "card" | "iban" | "ssn" | "passport";

/** Where personal data is in a text. */
export interface PersonalSpan {
  readonly start: number;
  readonly end: number;
  readonly kind: SpanKind;
  /** The digits of a number, so that it is found again where it is repeated. */
  readonly digits?: string;
}

/** Shortest telephone number without area code, and the longest with everything. */
const MIN_TELEPHONE_DIGITS = 7, MAX_TELEPHONE_DIGITS = 15;
/** A number that was asked for may be short, and come in pieces. */
const MIN_ASKED_DIGITS = 6, MIN_PIECE_DIGITS = 3;
const CARD_DIGITS = { least: 14, most: 19 };
/** Digits of the code on the back of a card. */
const SECURITY_CODE_DIGITS = [3, 4];
/** A number of letters and digits, with other words or a comma behind it. */
const NAMED_BY_LETTERS =
  /(?<![\p{L}\d])(?=\p{Lu}*\d)(?=\d*\p{Lu})(?=(?:\p{Lu}*\d){4})[\p{Lu}\d]{6,40}(?:,|\s+\p{L}{2,})/u;
/** Letters and digits in one piece, and a space: what follows is of the same code, as in `AA1 01 2345`. */
const PART_OF_CODE = /(?:^|\s)\p{Lu}{2,}\d{1,4} $/u;
/** Stands for the question that a number answers, in place of a word before it. */
const ASKED = -1;
/** Groups that are looked at together. A list is longer, and nobody's number. */
const MAX_RUN_GROUPS = 80;
/** A turn with at most so many words besides digits says nothing but the number. */
const MAX_BARE_WORDS = 4;

/**
 * Personal data in consecutive texts of one speaker, joined by {@link JOINT}. In order, none within another.
 */
export function personalSpans(text: string, context: TextContext): PersonalSpan[] {
  const tokens = tokensOf(text);
  const groups = numberGroups(tokens, context.language);
  const cues = new Map<number, LocalCue | undefined>();
  const cueAt = (start: number, end: number) => {
    if (!cues.has(start)) cues.set(start, localCue(text, start, end));
    return cues.get(start);
  };
  const emails = emailPlaces(text, tokens, groups, {
    language: context.language,
    isStrict: context.isStrict ?? false,
    isExpectedAt: (start) => context.asked === "email" || cueAt(start, start)?.subject === "email",
  });
  const spans: PersonalSpan[] = emails.map((place) => ({ ...place, kind: "email" }));
  if (groups.length === 0 && !/\d/.test(text)) return sorted(spans);
  const about = (start: number, end: number) => {
    const local = cueAt(start, end);
    if (local && !(local.isWeak && context.asked)) return local.subject;
    return context.asked === "other" ? undefined : context.asked;
  };
  const inEmail = isCovered(groups, spans);
  const free = groups.filter((_, at) => !inEmail[at]);
  for (const code of letterCodes(text, tokens, free, about)) spans.push(code);
  const reader = new NumberReader(text, tokens, context, cueAt);
  const taken = isCovered(groups, spans);
  for (const run of reader.runs(groups.map((group, at) => taken[at] ? undefined : group))) {
    spans.push(...reader.read(run));
  }
  return sorted(spans);
}

/** Which of the groups are in a span already. */
function isCovered(groups: readonly NumberGroup[], spans: PersonalSpan[]): boolean[] {
  spans.sort((a, b) => a.start - b.start);
  let at = 0;
  return groups.map(({ start, end }) => {
    while (at < spans.length && spans[at].end <= start) at++;
    return at < spans.length && spans[at].start < end;
  });
}

function sorted(spans: PersonalSpan[]): PersonalSpan[] {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  return spans.filter((span, index) => index === 0 || span.start >= spans[index - 1].end);
}

/** Reads what runs of digits are. */
class NumberReader {
  readonly #text: string;
  readonly #tokens: readonly TextToken[];
  readonly #context: TextContext;
  readonly #cueAt: (start: number, end: number) => LocalCue | undefined;
  /** A whole number that was asked for has been found: what follows is no piece of it. */
  #isAnswered: boolean;
  /** Digits of numbers of orders, cards and the like, by the place of the word that names them. */
  readonly #named = new Map<number, number>();

  constructor(
    text: string,
    tokens: readonly TextToken[],
    context: TextContext,
    cueAt: (start: number, end: number) => LocalCue | undefined,
  ) {
    this.#cueAt = cueAt;
    this.#text = text;
    this.#tokens = tokens;
    this.#context = context;
    this.#isAnswered = context.isAnswered ?? false;
  }

  /**
   * Groups that can be one number; amounts, dates and times end it. @param groups undefined: taken already
   */
  runs(groups: readonly (NumberGroup | undefined)[]): NumberGroup[][] {
    const all = groups.map((group) => group ?? TAKEN);
    const isQuantity = (this.#context.isStrict ? writtenDates : quantityGroups)(this.#text, all);
    const runs: NumberGroup[][] = [];
    let run: NumberGroup[] = [];
    all.forEach((group, at) => {
      const isOut = group === TAKEN || isQuantity[at];
      if ((isOut || group.gap === "break" || run.length >= MAX_RUN_GROUPS) && run.length > 0) {
        runs.push(run);
        run = [];
      }
      if (!isOut) run.push(group);
    });
    if (run.length > 0) runs.push(run);
    return runs;
  }

  read(run: readonly NumberGroup[]): PersonalSpan[] {
    const digits = digitsOf(run);
    const { asked, isStrict } = this.#context;
    const { start } = run[0];
    const { end } = run[run.length - 1];
    if (digits.length < MIN_PIECE_DIGITS) {
      const cue = isStrict ? undefined : this.#cueAt(start, end);
      if (cue?.subject === "code") this.#isUsedUp(cue.at, "code", digits.length);
      return [];
    }
    const card = this.#card(run);
    if (card) return card;
    const local = this.#cueAt(start, end);
    if (isStrict) {
      if (isUsSocialRun(run) || (isUsSocial(digits) && [1, 9].includes(run.length))) {
        return [spanOf(this.#text, run, "ssn")];
      }
      return digits.length >= MIN_TELEPHONE_DIGITS ? [spanOf(this.#text, run, "telephone")] : [];
    }
    const isLocal = local !== undefined && !(local.isWeak && asked !== undefined);
    const subject = isLocal ? local.subject : asked;
    if (isLocal && local.isSecurityCode && SECURITY_CODE_DIGITS.includes(digits.length)) {
      return [spanOf(this.#text, run, "card")];
    }
    if (subject === "telephone") return this.#telephone(run, local?.isWeak === true ? "weak" : "told");
    if (PART_OF_CODE.test(this.#text.slice(Math.max(0, start - 12), start))) {
      return [];
    }
    if (
      (subject === "code" || subject === "card") &&
      (this.#isUsedUp(isLocal ? local.at : ASKED, subject, digits.length) ||
        isLocal && NAMED_BY_LETTERS.test(this.#text.slice(local.at, start)))
    ) {
      return this.#telephone(run, "untold");
    }
    if (subject === "card") return this.#piece(run, "card");
    if (subject === "code") return this.#telephone(run, "denied");
    if (subject === "when" || subject === "amount") return this.#telephone(run, "elsewhere");
    if (isUsSocialRun(run) && this.#context.language === "en" && asked === undefined) {
      return [spanOf(this.#text, run, "ssn")];
    }
    return this.#telephone(run, "untold");
  }

  /**
   * Whether what was said or asked has been answered by a number of another length: "Extension 4410, or the
   * 212 467 0199 line". Several order numbers are as long as each other.
   */
  #isUsedUp(cue: number, subject: "code" | "card", length: number): boolean {
    const named = this.#named.get(cue);
    if (named === undefined) this.#named.set(cue, length);
    return named !== undefined && named !== length &&
      (subject === "code" || named >= CARD_DIGITS.least - 3); // a card's number may come in pieces
  }

  /** A card number by its check digit; an expiry date or another number may be around it. */
  #card(run: readonly NumberGroup[]): PersonalSpan[] | undefined {
    const digits = digitsOf(run);
    if (digits.length < CARD_DIGITS.least) return undefined;
    for (let first = 0; first < run.length; first++) {
      if (!/^[2-6]/.test(run[first].digits)) continue;
      let inARow = "";
      for (let last = first; last < run.length && inARow.length < CARD_DIGITS.most; last++) {
        inARow += run[last].digits;
        if (!isCardLength(inARow) || !isLuhn(inARow)) continue;
        if (this.#context.isStrict) return [spanOf(this.#text, run, "card")];
        const cue = this.#cueAt(run[first].start, run[last].end);
        if (cue?.subject === "code") return undefined;
        if (cue?.subject === "card") this.#isUsedUp(cue.at, "card", inARow.length);
        const rest = [...this.#rest(run.slice(0, first)), ...this.#rest(run.slice(last + 1))];
        return [spanOf(this.#text, run.slice(first, last + 1), "card"), ...rest];
      }
    }
    return undefined;
  }

  #rest(run: readonly NumberGroup[]): PersonalSpan[] {
    return digitsOf(run).length >= MIN_TELEPHONE_DIGITS ? this.read(run) : [];
  }

  #telephone(
    run: readonly NumberGroup[],
    by: "told" | "weak" | "untold" | "elsewhere" | "denied",
  ): PersonalSpan[] {
    const digits = digitsOf(run);
    if (by === "told" || by === "weak") {
      const whole = this.#confident(run, true);
      if (whole && this.#isClearlyOver(run, whole)) {
        this.#isAnswered = true;
        return [...this.#begun(run, whole[0]), spanOf(this.#text, run.slice(...whole), "telephone")];
      }
      const isWhole = digits.length >= (by === "told" ? MIN_ASKED_DIGITS : MIN_TELEPHONE_DIGITS);
      if (isWhole && digits.length <= MAX_TELEPHONE_DIGITS) {
        this.#isAnswered = true;
        return [spanOf(this.#text, run, "telephone")];
      }
      if (!isWhole && by === "told" && this.#context.asked === "telephone") {
        return this.#piece(run, "telephone");
      }
    }
    if (digits.length < MIN_TELEPHONE_DIGITS) return [];
    const found = this.#confident(run, false);
    if (!found || DAY_MONTH_YEAR.test(digits)) return [];
    const part = run.slice(...found);
    const isAbroad = part[0].hasPlus || /^00/.test(part[0].digits);
    if (by === "denied" && !part[0].hasPlus && !isSetOff(run, found)) return [];
    const isPlain = digits.length !== digitsOf(part).length ||
      part.every((group) => group.digits.length <= 2);
    if (by === "elsewhere" && isPlain && !isAbroad && !part[0].digits.startsWith("0")) return [];
    return [
      ...this.#rest(run.slice(0, found[0])),
      spanOf(this.#text, part, "telephone"),
      ...this.#rest(run.slice(found[1])),
    ];
  }

  /** What was said of a number in an earlier turn, before it was begun again. */
  #begun(run: readonly NumberGroup[], from: number): PersonalSpan[] {
    if (this.#context.asked !== "telephone" || run[from].gap !== "turn") return [];
    const begun = run.slice(0, from);
    return digitsOf(begun).length < MIN_PIECE_DIGITS ? [] : [spanOf(this.#text, begun, "telephone")];
  }

  /** What is around a whole number is too little for another one, and set off from it. */
  #isClearlyOver(run: readonly NumberGroup[], [from, to]: [number, number]): boolean {
    const before = digitsOf(run.slice(0, from)).length;
    const after = digitsOf(run.slice(to)).length;
    if (before + after === 0) return true;
    return (before === 0 || run[from].gap !== "tight") && (after === 0 || run[to].gap !== "tight") &&
      before < MIN_TELEPHONE_DIGITS && after < MIN_TELEPHONE_DIGITS;
  }

  /** The longest part of a run that is a telephone number by its form, as indexes. */
  #confident(run: readonly NumberGroup[], isTold: boolean): [number, number] | undefined {
    for (let from = 0; from < run.length; from++) {
      let digits = 0;
      let to = from;
      while (to < run.length && digits + run[to].digits.length <= MAX_TELEPHONE_DIGITS + 2) {
        digits += run[to++].digits.length;
      }
      for (; to > from && digits >= MIN_TELEPHONE_DIGITS; digits -= run[--to].digits.length) {
        if (isConfident(this.#text, run.slice(from, to), this.#context, isTold)) return [from, to];
      }
    }
    return undefined;
  }

  /** Part of a number that was asked for, in a turn that says little else. */
  #piece(run: readonly NumberGroup[], kind: "telephone" | "card"): PersonalSpan[] {
    if (kind === "card" && digitsOf(run).length >= CARD_DIGITS.least - 3) {
      return [spanOf(this.#text, run, kind)];
    }
    if (this.#context.asked !== kind || this.#isAnswered || !this.#isBare(run)) return [];
    return [spanOf(this.#text, run, kind)];
  }

  /** Whether the turns that a run is in say nothing but numbers. */
  #isBare(run: readonly NumberGroup[]): boolean {
    const from = this.#text.lastIndexOf(JOINT, run[0].start) + 1;
    const joint = this.#text.indexOf(JOINT, run[run.length - 1].end);
    const to = joint < 0 ? this.#text.length : joint;
    let words = 0;
    let group = 0;
    for (
      let at = tokenAt(this.#tokens, from);
      at < this.#tokens.length && this.#tokens[at].start < to;
      at++
    ) {
      const { kind, start, text } = this.#tokens[at];
      if (kind !== "word" || isFiller(text)) continue;
      while (group < run.length && run[group].end <= start) group++;
      if (group < run.length && run[group].start <= start) continue;
      if (++words > MAX_BARE_WORDS) return false;
    }
    return true;
  }
}

/** A date that was read out, which nobody asked a number for: oh four, oh three, nineteen seventy-eight. */
const DAY_MONTH_YEAR = /^(?:0?[1-9]|[12]\d|3[01])(?:0?[1-9]|1[0-2])(?:19|20)\d\d$/;

const TAKEN: NumberGroup = { start: -1, end: -1, digits: "", isSpoken: false, gap: "break", hasPlus: false };

/** The first token at or behind a place. */
function tokenAt(tokens: readonly TextToken[], place: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle].start < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The digits of groups in a row. */
export function digitsOf(run: readonly NumberGroup[]): string {
  return run.map(({ digits }) => digits).join("");
}

function spanOf(text: string, run: readonly NumberGroup[], kind: SpanKind): PersonalSpan {
  let { start } = run[0];
  while (start > 0 && "+(".includes(text[start - 1])) start--;
  return { start, end: run[run.length - 1].end, kind, digits: digitsOf(run) };
}

/** "Membership 00418823, and 415 555 0188": what is named is over with the comma. */
function isSetOff(run: readonly NumberGroup[], [from, to]: readonly [number, number]): boolean {
  const before = digitsOf(run.slice(0, from)).length;
  return before >= MIN_PIECE_DIGITS && run[from].gap !== "tight" &&
    before !== digitsOf(run.slice(from, to)).length &&
    (to === run.length || run[to].gap !== "tight");
}

/** Lengths by issuer: 15 American Express, 14 Diners, 16 most, 19 some. */
function isCardLength(digits: string): boolean {
  if (/^3[47]/.test(digits)) return digits.length === 15;
  if (/^3[0689]/.test(digits)) return digits.length === 14 || digits.length === 16;
  return digits.length === 16 || digits.length === 19;
}

/** Nine digits, three, two and four: by what is written, or by the pauses. */
function isUsSocialRun(run: readonly NumberGroup[]): boolean {
  const digits = digitsOf(run);
  if (digits.length !== 9 || !isUsSocial(digits)) return false;
  const lengths: number[] = [];
  for (const { gap, digits, isSpoken } of run) {
    if (lengths.length > 0 && isSpoken && gap === "tight") lengths[lengths.length - 1] += digits.length;
    else lengths.push(digits.length);
  }
  return lengths.join() === "3,2,4";
}
