import { countriesOf } from "./number_plans.ts";
import type { Subject } from "./cues.ts";
import { type Language, languageOf } from "./spoken_languages.ts";
import { type PersonalSpan, personalSpans, type SpanKind } from "./personal_spans.ts";
import type { TextContext } from "./text_context.ts";
import { Breather } from "../../util/breather.ts";
import { repeatedIn, type TalkContext, type TalkSpans, talkSteps, type TalkTurn } from "./talk_spans.ts";

/**
 * Personal data that can be masked in text. `name` needs a list of names: nothing else tells a name from a
 * word.
 */
export const PERSONAL_KINDS = ["telephone", "email", "card", "iban", "ssn", "passport", "name"] as const;
/** One of {@link PERSONAL_KINDS}. */
export type PersonalKind = typeof PERSONAL_KINDS[number];

/** What to mask. */
export interface Redaction {
  readonly kinds: readonly PersonalKind[];
  /** Names to mask with `name`, as written. */
  readonly names?: readonly string[];
}

/** How long a talk that is read keeps the event loop, in milliseconds: calls go on meanwhile. */
const STEP_MS = 2;

/** What replaces it. */
const MASKS: Readonly<Record<PersonalKind, string>> = {
  telephone: "[telephone number]",
  email: "[e-mail address]",
  card: "[card number]",
  iban: "[account number]",
  ssn: "[social security number]",
  passport: "[passport number]",
  name: "[name]",
};

/**
 * Replaces personal data in a text of which nothing else is known, such as a line of the log: whatever can be
 * personal is taken for it, like any seven digits with only white space and punctuation between them.
 */
export function redactText(text: string, { kinds, names }: Redaction): string {
  const context: TextContext = {
    language: languageOf(text),
    countries: [],
    plans: undefined,
    isStrict: true,
  };
  return maskSpans(text, personalSpans(text, context), { kinds, names });
}

/** A talk whose personal data is known, and what else belongs to it. */
export class RedactedTalk {
  readonly #redaction: Redaction;
  readonly #context: TalkContext;
  readonly #votes: readonly number[];
  readonly #numbers: readonly (readonly [string, SpanKind])[];
  /** The turns with masks in place of personal data. */
  readonly texts: readonly string[];

  private constructor(
    turns: readonly TalkTurn[],
    spans: TalkSpans,
    redaction: Redaction,
    context: TalkContext,
  ) {
    this.#redaction = redaction;
    this.#context = context;
    this.#votes = spans.votes;
    this.#numbers = [...spans.numbers];
    this.texts = turns.map(({ text }, place) => maskSpans(text, spans.turns[place], redaction));
  }

  /**
   * Reads a talk without keeping the event loop for long.
   * @param turns what was said, in order: who asks for what decides what digits are
   */
  static async read(
    turns: readonly TalkTurn[],
    redaction: Redaction,
    context: TalkContext,
  ): Promise<RedactedTalk> {
    const breather = new Breather(STEP_MS);
    const steps = talkSteps(turns, context);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return new RedactedTalk(turns, value, redaction, context);
      await breather.breathe();
    }
  }

  /**
   * Masks a text that belongs to the talk, such as a tool's argument: also what it repeats of the talk.
   * @param asked what the text answers
   */
  redact(text: string, asked?: Subject, redaction: Redaction = this.#redaction): string {
    const language: Language = languageOf(text, this.#votes);
    const { plans, countries = [] } = this.#context;
    const spans = personalSpans(text, {
      language,
      countries: countriesOf(language, countries),
      plans,
      asked,
    });
    const repeated = asked === undefined || asked === "telephone"
      ? repeatedIn(text, this.#numbers, language, false)
      : [];
    return maskSpans(text, spans.concat(repeated), redaction);
  }
}

/** Puts masks in place of the spans of the wanted kinds, and of names in what is left. */
function maskSpans(text: string, spans: readonly PersonalSpan[], { kinds, names = [] }: Redaction): string {
  const wanted: { start: number; end: number; kind: PersonalKind }[] = spans.filter(({ kind }) =>
    kinds.includes(kind)
  );
  if (kinds.includes("name") && names.length > 0) {
    for (const { 0: name, index } of text.matchAll(namePattern(names))) {
      wanted.push({ start: index, end: index + name.length, kind: "name" });
    }
  }
  wanted.sort((a, b) => a.start - b.start || b.end - a.end);
  let masked = "";
  let at = 0;
  for (const { start, end, kind } of wanted) {
    if (end <= at) continue;
    if (start >= at) masked += text.slice(at, start) + MASKS[kind];
    at = end;
  }
  return masked + text.slice(at);
}

/** The names as whole words, the longest first. */
function namePattern(names: readonly string[]): RegExp {
  const escaped = names.toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<!\\p{L})(?:${escaped.join("|")})(?!\\p{L})`, "giu");
}
