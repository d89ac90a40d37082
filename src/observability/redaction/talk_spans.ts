import { askedSubject, localCue, type Subject } from "./cues.ts";
import { type Language, languageOf, languageVotes } from "./spoken_languages.ts";
import { JOINT, type NumberGroup, numberGroups, tokensOf } from "./number_groups.ts";
import { countriesOf, type NumberPlans } from "./number_plans.ts";
import type { TextContext } from "./text_context.ts";
import { digitsOf, type PersonalSpan, personalSpans, type SpanKind } from "./personal_spans.ts";

/** What one side of a talk said. */
export interface TalkTurn {
  readonly speaker: string;
  readonly text: string;
}

/** What is known of a talk besides its words. */
export interface TalkContext {
  readonly plans: NumberPlans | undefined;
  /** Countries of the numbers that are connected, by ISO 3166. */
  readonly countries?: readonly string[];
}

/** Personal data that was found in a talk. */
export interface TalkSpans {
  /** Of each turn, with places in its text. */
  readonly turns: readonly (readonly PersonalSpan[])[];
  /** The digits of the numbers that were found, by which they are known again elsewhere. */
  readonly numbers: ReadonlyMap<string, SpanKind>;
  /** How much each language fits the words of the talk. */
  readonly votes: readonly number[];
}

/** Turns of one speaker that answer the same question. */
interface Stretch {
  readonly speaker: string;
  readonly asked: Subject | "other" | undefined;
  readonly places: number[];
}

/** Digits of a number that are repeated by themselves, at least; and of a piece, right after it was said. */
const MIN_REPEATED_DIGITS = 4, MIN_ECHOED_DIGITS = 3;

/**
 * Finds personal data in a talk. A number that one side says in several turns is read as one, as long as the
 * other side asks for nothing else in between; what was asked for decides what digits are. Yields after each
 * small part of the work.
 */
export function* talkSteps(
  turns: readonly TalkTurn[],
  { plans, countries: own = [] }: TalkContext,
): Generator<void, TalkSpans> {
  if (!isWarm) yield* warmUp();
  const texts = turns.map(({ text }) => text.replaceAll(JOINT, " "));
  const votes = languageVotes(texts.join(" "));
  const found: PersonalSpan[][] = turns.map(() => []);
  for (const { places, asked } of yield* stretchesOf(turns)) {
    yield;
    const joined = places.map((place) => texts[place]).join(JOINT);
    const language = languageOf(joined, votes);
    const context = { language, countries: countriesOf(language, own), plans, asked };
    divide(yield* spansInSteps(joined, context), places, texts, found);
  }
  const numbers = numbersIn(found);
  yield* repeats(texts, found, numbers, votes);
  return { turns: found, numbers, votes };
}

let isWarm = false;

/**
 * Compiles the large patterns one by one, each once to read it and once for good: all in the first step took
 * 30 ms.
 */
function* warmUp(): Generator<void, void> {
  const text = "a 1 two: 415 555 0123 b";
  for (let time = 0; time < 2; time++) {
    localCue(text, 2, 3);
    yield;
    askedSubject("a?");
    yield;
    personalSpans(text, { language: "en", countries: [], plans: undefined });
    yield;
  }
  isWarm = true;
}

/** Cuts the turns into stretches: a new question of the other side begins one. */
function* stretchesOf(turns: readonly TalkTurn[]): Generator<void, Stretch[]> {
  const stretches: Stretch[] = [];
  const open = new Map<string, Stretch>();
  const askedOf = new Map<string, { asked: Subject | "other" | undefined }>();
  const speakers = new Set(turns.map(({ speaker }) => speaker));
  for (const [place, { speaker, text }] of turns.entries()) {
    yield;
    let stretch = open.get(speaker);
    if (!stretch) {
      stretch = { speaker, asked: askedOf.get(speaker)?.asked, places: [] };
      stretches.push(stretch);
      open.set(speaker, stretch);
    }
    stretch.places.push(place);
    const asked = askedSubject(text);
    if (asked === undefined) continue;
    for (const other of speakers) {
      if (other === speaker) continue;
      askedOf.set(other, { asked });
      open.delete(other);
    }
  }
  return stretches;
}

/**
 * Characters that are read at a time: some two milliseconds, and thrice that in the first talk of a process.
 */
const STEP_CHARS = 300;
/** Digits of a whole number, as those that are asked for have. */
const WHOLE_DIGITS = 6;
/** What is read again before and behind them, so that what a number is about, and the rest of it, is seen. */
const MARGIN_CHARS = 150;

/** The personal data of a stretch, of which a long one is read in steps. */
function* spansInSteps(text: string, context: TextContext): Generator<void, PersonalSpan[]> {
  if (text.length <= STEP_CHARS + MARGIN_CHARS) return personalSpans(text, context);
  const found: PersonalSpan[] = [];
  let lastEnd = 0;
  let isAnswered = false;
  for (let start = 0; start < text.length;) {
    yield;
    const end = breakBehind(text, start + STEP_CHARS);
    const offset = Math.min(breakBehind(text, start - MARGIN_CHARS), start);
    for (
      const span of personalSpans(text.slice(offset, breakBehind(text, end + MARGIN_CHARS)), {
        ...context,
        isAnswered,
      })
    ) {
      const [spanStart, spanEnd] = [span.start + offset, span.end + offset];
      if (spanStart < Math.max(start, lastEnd) || spanStart >= end) continue;
      found.push({ ...span, start: spanStart, end: spanEnd });
      lastEnd = spanEnd;
      isAnswered ||= (span.digits?.length ?? 0) >= WHOLE_DIGITS;
    }
    start = end;
  }
  return found;
}

/** The first white space from a place on, where there is any nearby: nothing that is a word is cut there. */
function breakBehind(text: string, place: number): number {
  if (place <= 0) return 0;
  const near = text.slice(place, place + MARGIN_CHARS).search(/\s/);
  return Math.min(near < 0 ? place + MARGIN_CHARS : place + near, text.length);
}

/** Divides the spans of a stretch among its turns. */
function divide(
  spans: readonly PersonalSpan[],
  places: readonly number[],
  texts: readonly string[],
  found: PersonalSpan[][],
): void {
  let offset = 0;
  let first = 0;
  for (const place of places) {
    const end = offset + texts[place].length;
    while (first < spans.length && spans[first].end <= offset) first++;
    for (let at = first; at < spans.length && spans[at].start < end; at++) {
      const span = {
        ...spans[at],
        start: Math.max(spans[at].start, offset) - offset,
        end: Math.min(spans[at].end, end) - offset,
      };
      if (/[\p{L}\p{N}]/u.test(texts[place].slice(span.start, span.end))) found[place].push(span);
    }
    offset = end + JOINT.length;
  }
}

/** Numbers that are remembered, at most: a talk has a handful. */
const MAX_NUMBERS = 100;

function numbersIn(found: readonly (readonly PersonalSpan[])[]): Map<string, SpanKind> {
  const numbers = new Map<string, SpanKind>();
  for (const span of found.flat()) {
    if (span.digits && numbers.size < MAX_NUMBERS) numbers.set(span.digits, span.kind);
  }
  return numbers;
}

/** Finds what is said again of the numbers that were found. */
function* repeats(
  texts: readonly string[],
  found: PersonalSpan[][],
  numbers: ReadonlyMap<string, SpanKind>,
  votes: readonly number[],
): Generator<void, void> {
  if (numbers.size === 0) return;
  const all = [...numbers];
  for (const [place, text] of texts.entries()) {
    yield;
    const language = languageOf(text, votes);
    const repeated = repeatedIn(text, all, language, place > 0 && found[place - 1].length > 0);
    if (repeated.length > 0) found[place] = withoutOverlaps(found[place].concat(repeated));
  }
}

/** In order; of two that overlap, the first. */
function withoutOverlaps(spans: PersonalSpan[]): PersonalSpan[] {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return spans.filter((span) => span.start >= end && (end = span.end) >= 0);
}

/**
 * Parts of known numbers in a text. @param isEcho what was said just before was such a number, or a piece of
 * one
 */
export function repeatedIn(
  text: string,
  numbers: readonly (readonly [string, SpanKind])[],
  language: Language,
  isEcho: boolean,
): PersonalSpan[] {
  const least = isEcho ? MIN_ECHOED_DIGITS : MIN_REPEATED_DIGITS;
  const spans: PersonalSpan[] = [];
  let run: NumberGroup[] = [];
  const close = () => {
    const digits = digitsOf(run);
    const isYear = run.length === 1 && /^(?:19|20)\d\d$/.test(digits);
    const known = digits.length < least || isYear && !isEcho
      ? undefined
      : numbers.find(([number]) => number.includes(digits) || number.length >= 7 && digits.includes(number));
    if (known) {
      const said = known[0].includes(digits) ? run : partOf(run, known[0]);
      spans.push({
        start: said[0].start,
        end: said[said.length - 1].end,
        kind: known[1],
        digits: digitsOf(said),
      });
    }
    run = [];
  };
  for (const group of numberGroups(tokensOf(text), language)) {
    if (group.gap === "break" && run.length > 0) close();
    run.push(group);
  }
  if (run.length > 0) close();
  return spans;
}

/**
 * The groups of a run that a number is in: "646 555 0182, 4 nights" has four nights beside it. Where it
 * stands more than once, the last time.
 */
function partOf(run: readonly NumberGroup[], number: string): readonly NumberGroup[] {
  const digits = digitsOf(run);
  let end = 0;
  const ends = run.map((group) => end += group.digits.length);
  const groupAt = (place: number) => ends.findIndex((end) => end > place);
  const from = groupAt(digits.lastIndexOf(number));
  const begin = ends[from] - run[from].digits.length;
  return run.slice(from, groupAt(digits.indexOf(number, begin) + number.length - 1) + 1);
}
