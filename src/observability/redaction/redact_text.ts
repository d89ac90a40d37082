import { type DigitRun, digitRuns } from "./digit_runs.ts";

/** Personal data that can be masked in text. `name` needs a list of names: nothing else tells a name from a word. */
export const PERSONAL_KINDS = ["telephone", "email", "card", "ssn", "name"] as const;
export type PersonalKind = typeof PERSONAL_KINDS[number];

/** What to mask. */
export interface Redaction {
  readonly kinds: readonly PersonalKind[];
  /** Names to mask with `name`, as written. */
  readonly names?: readonly string[];
}

/** What replaces it. */
const MASKS: Readonly<Record<PersonalKind, string>> = {
  telephone: "[telephone number]",
  email: "[e-mail address]",
  card: "[card number]",
  ssn: "[social security number]",
  name: "[name]",
};

/** The shortest telephone number: a local one without area code. */
const MIN_TELEPHONE_DIGITS = 7;
const SSN_DIGITS = 9;
const CARD_DIGITS = { least: 13, most: 19 };

/** Joins texts that are read as one: the line separator, white space that nobody types. */
const JOINT = "\u2028";

const WRITTEN_EMAIL =
  /[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\s?@\s?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu;
/** "john dot smith at example dot com", also in German, Spanish and French. */
const SPOKEN_EMAIL =
  /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}]{1,64}(?:\s(?:dot|punkt|punto|point|underscore|dash|minus|plus)\s|[._+-])){0,8}[\p{L}\p{N}]{1,64}\s(?:at|ät|arroba|arobase)\s[\p{L}\p{N}-]{1,63}(?:(?:\s(?:dot|punkt|punto|point)\s|\.)[\p{L}\p{N}-]{1,63}){0,7}(?:\s(?:dot|punkt|punto|point)\s|\.)\p{L}{2,63}(?!\p{L})/giu;

/** Part of every spoken address. */
const SPOKEN_AT = /\s(?:at|ät|arroba|arobase)\s/iu;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: PersonalKind;
}

/** Replaces personal data in `text` by masks. */
export function redactText(text: string, redaction: Redaction): string {
  return redactTexts([text], redaction)[0];
}

/**
 * Does the same for consecutive texts of one speaker. A number that begins in one text and continues in the next is masked in
 * both.
 */
export function redactTexts(texts: readonly string[], redaction: Redaction): string[] {
  const joined = texts.map((text) => text.replaceAll(JOINT, " ")).join(JOINT);
  const spans = findSpans(joined, redaction);
  if (spans.length === 0) return [...texts];
  let offset = 0;
  return texts.map((text) => {
    const [from, to] = [offset, offset + text.length];
    offset = to + JOINT.length;
    let redacted = "";
    let at = from;
    for (const { start, end, kind } of spans) {
      if (end <= from || start >= to) continue;
      redacted += joined.slice(at, Math.max(at, start)) + MASKS[kind];
      at = Math.min(end, to);
    }
    return redacted + joined.slice(at, to);
  });
}

/** Spans of personal data, in order, none within another. */
function findSpans(text: string, { kinds, names = [] }: Redaction): Span[] {
  const found: Span[] = [];
  if (kinds.includes("email")) {
    // Most texts have neither, and checking for that is far cheaper.
    const patterns = [
      ...text.includes("@") ? [WRITTEN_EMAIL] : [],
      ...SPOKEN_AT.test(text) ? [SPOKEN_EMAIL] : [],
    ];
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) found.push(spanAt(match, "email"));
    }
  }
  for (const run of digitRuns(text, MIN_TELEPHONE_DIGITS)) {
    const kind = runKind(run, kinds);
    if (kind) found.push({ start: run.start, end: run.end, kind });
  }
  if (kinds.includes("name") && names.length > 0) {
    for (const match of text.matchAll(namePattern(names))) found.push(spanAt(match, "name"));
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const spans: Span[] = [];
  for (const span of found) {
    const last = spans.at(-1);
    if (!last || span.start >= last.end) spans.push(span);
    else if (span.end > last.end) spans[spans.length - 1] = { ...last, end: span.end };
  }
  return spans;
}

function spanAt(match: RegExpExecArray, kind: PersonalKind): Span {
  return { start: match.index, end: match.index + match[0].length, kind };
}

/** The names as whole words, the longest first. */
function namePattern(names: readonly string[]): RegExp {
  const escaped = names.toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<!\\p{L})(?:${escaped.join("|")})(?!\\p{L})`, "giu");
}

/** Which of the wanted kinds a run of digits is; undefined for none. */
function runKind(run: DigitRun, kinds: readonly PersonalKind[]): PersonalKind | undefined {
  if (kinds.includes("card") && hasCard(run)) return "card";
  if (kinds.includes("ssn") && hasSsn(run)) return "ssn";
  return kinds.includes("telephone") ? "telephone" : undefined;
}

/** Whether consecutive groups form a card number; an expiry date or another number may follow. */
function hasCard({ digits, groups }: DigitRun): boolean {
  if (digits.length < CARD_DIGITS.least) return false;
  return groups.some((_, first) => {
    let inARow = "";
    for (let at = first; at < groups.length && inARow.length < CARD_DIGITS.most; at++) {
      inARow += groups[at].digits;
      const fits = inARow.length >= CARD_DIGITS.least && inARow.length <= CARD_DIGITS.most;
      if (fits && isLuhn(inARow)) return true;
    }
    return false;
  });
}

/** Nine digits written 3-2-4, or standing alone in one piece or one by one. */
function hasSsn({ digits, groups }: DigitRun): boolean {
  if (digits.length < SSN_DIGITS) return false;
  const isAlone = digits.length === SSN_DIGITS && [1, SSN_DIGITS].includes(groups.length);
  if (isAlone) return isSsn(digits);
  return groups.some((_, first) => {
    const [area, group, serial] = groups.slice(first, first + 3).map((group) => group.digits);
    return area?.length === 3 && group?.length === 2 && serial?.length === 4 && isSsn(area + group + serial);
  });
}

/** Numbers with 000, 666 or a group of zeros were never issued. */
function isSsn(digits: string): boolean {
  return !/^(?:000|666)|^.{3}00|0000$/.test(digits);
}

/** The check digit of card numbers: ISO/IEC 7812-1, annex B. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
