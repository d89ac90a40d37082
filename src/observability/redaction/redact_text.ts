import { type DigitRun, digitRuns } from "./digit_runs.ts";

/** What can be taken out of text. `name` needs the names: nothing else tells a name from a word. */
export const PERSONAL_KINDS = ["telephone", "email", "card", "ssn", "name"] as const;
export type PersonalKind = typeof PERSONAL_KINDS[number];

/** What is taken out. */
export interface Redaction {
  readonly kinds: readonly PersonalKind[];
  /** Names to take out with `name`, as written. */
  readonly names?: readonly string[];
}

/** What stands in its place. */
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

/** Stands between texts that are read as one: white space that nobody types, the line separator. */
const JOINT = "\u2028";

const WRITTEN_EMAIL =
  /[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\s?@\s?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu;
/** "john dot smith at example dot com", also in German, Spanish and French. */
const SPOKEN_EMAIL =
  /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}]{1,64}(?:\s(?:dot|punkt|punto|point|underscore|dash|minus|plus)\s|[._+-])){0,8}[\p{L}\p{N}]{1,64}\s(?:at|ät|arroba|arobase)\s[\p{L}\p{N}-]{1,63}(?:(?:\s(?:dot|punkt|punto|point)\s|\.)[\p{L}\p{N}-]{1,63}){0,7}(?:\s(?:dot|punkt|punto|point)\s|\.)\p{L}{2,63}(?!\p{L})/giu;

/** What every spoken address has. */
const SPOKEN_AT = /\s(?:at|ät|arroba|arobase)\s/iu;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: PersonalKind;
}

/** `text` with masks in place of personal data. */
export function redactText(text: string, redaction: Redaction): string {
  return redactTexts([text], redaction)[0];
}

/**
 * Several texts of one speaker in a row, as {@link redactText} does. A number that begins in one and goes on in the next is
 * masked in both.
 */
export function redactTexts(texts: readonly string[], redaction: Redaction): string[] {
  const joined = texts.map((text) => text.replaceAll(JOINT, " ")).join(JOINT);
  const spans = spansOf(joined, redaction);
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

/** In order, none within another. */
function spansOf(text: string, { kinds, names = [] }: Redaction): Span[] {
  const found: Span[] = [];
  if (kinds.includes("email")) {
    // Most texts have neither, and looking for that much is far cheaper.
    const patterns = [
      ...text.includes("@") ? [WRITTEN_EMAIL] : [],
      ...SPOKEN_AT.test(text) ? [SPOKEN_EMAIL] : [],
    ];
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) found.push(spanOf(match, "email"));
    }
  }
  for (const run of digitRuns(text, MIN_TELEPHONE_DIGITS)) {
    const kind = kindOf(run, kinds);
    if (kind) found.push({ start: run.start, end: run.end, kind });
  }
  if (kinds.includes("name") && names.length > 0) {
    for (const match of text.matchAll(anyOf(names))) found.push(spanOf(match, "name"));
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

function spanOf(match: RegExpExecArray, kind: PersonalKind): Span {
  return { start: match.index, end: match.index + match[0].length, kind };
}

/** The names as whole words, the longest first. */
function anyOf(names: readonly string[]): RegExp {
  const escaped = names.toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<!\\p{L})(?:${escaped.join("|")})(?!\\p{L})`, "giu");
}

/** What a run is, of what is wanted; undefined for none of it. */
function kindOf(run: DigitRun, kinds: readonly PersonalKind[]): PersonalKind | undefined {
  if (kinds.includes("card") && hasCard(run)) return "card";
  if (kinds.includes("ssn") && hasSsn(run)) return "ssn";
  return kinds.includes("telephone") ? "telephone" : undefined;
}

/** Some groups in a row are a card number: expiry date or another number may follow it. */
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

/** Nine digits, written 3-2-4, or in one piece or one by one and alone. */
function hasSsn({ digits, groups }: DigitRun): boolean {
  if (digits.length < SSN_DIGITS) return false;
  const isAlone = digits.length === SSN_DIGITS && [1, SSN_DIGITS].includes(groups.length);
  if (isAlone) return isSsn(digits);
  return groups.some((_, first) => {
    const [area, group, serial] = groups.slice(first, first + 3).map((group) => group.digits);
    return area?.length === 3 && group?.length === 2 && serial?.length === 4 && isSsn(area + group + serial);
  });
}

/** 000, 666 and groups of zeros were never given out. */
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
