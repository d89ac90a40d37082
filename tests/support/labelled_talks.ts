import {
  type TalkContext,
  type TalkSpans,
  talkSteps,
  type TalkTurn,
} from "../../src/observability/redaction/talk_spans.ts";
import type { NumberPlans } from "../../src/observability/redaction/number_plans.ts";

/** The halves of the labelled talk: what redaction was tuned on, and what it is judged by. */
export const LABELLED_FILES = ["tuned", "kept_apart"] as const;
/** Precision and recall on what was kept apart, at least. */
export const LEAST_SCORE = 0.98;

/** A stretch of talk, with what is personal in it. */
export interface LabelledTalk {
  readonly language: string;
  readonly turns: readonly (TalkTurn & { readonly labels: readonly Label[] })[];
}

interface Label {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** How well redaction does, in labels. */
export interface Score {
  utterances: number;
  /** Labels; those that were found whole; spans that were masked; those that are a label and no more. */
  labels: number;
  found: number;
  masked: number;
  right: number;
  readonly faults: string[];
}

/** One of the halves. */
export function labelledTalks(half: typeof LABELLED_FILES[number]): LabelledTalk[] {
  return readLabelledTalks(
    Deno.readTextFileSync(new URL(`../fixtures/redaction/${half}.txt`, import.meta.url)),
  );
}

/** Share of the masks that cover what is personal and no more. */
export function precisionOf({ right, masked }: Score): number {
  return right / masked;
}

/** Share of what is personal that is masked whole. */
export function recallOf({ found, labels }: Score): number {
  return found / labels;
}

/**
 * Reads labelled talk: `# de` begins a language; a line is a caller's only turn; lines with `A:` and `C:` in a row are a talk.
 * `{tel 030 901820}` is personal.
 */
export function readLabelledTalks(text: string): LabelledTalk[] {
  const talks: LabelledTalk[] = [];
  let language = "";
  let talk: LabelledTalk["turns"][number][] | undefined;
  for (const line of text.split("\n")) {
    const [, speaker, said] = /^([AC]): (.*)$/.exec(line) ?? [];
    if (!speaker) talk = undefined;
    if (line.startsWith("# ")) language = line.slice(2);
    else if (speaker && talk) talk.push(turnOf(speaker, said));
    else if (speaker) talks.push({ language, turns: talk = [turnOf(speaker, said)] });
    else if (line !== "") talks.push({ language, turns: [turnOf("C", line)] });
  }
  return talks;
}

function turnOf(speaker: string, marked: string): LabelledTalk["turns"][number] {
  const labels: Label[] = [];
  let text = "";
  for (const [part, kind, personal] of marked.matchAll(/\{(\w+) ([^}]*)\}|[^{]+/g)) {
    if (kind) {
      const name = kind === "tel" ? "telephone" : kind;
      labels.push({ kind: name, start: text.length, end: text.length + personal.length });
    }
    text += personal ?? part;
  }
  return { speaker, text, labels };
}

/** Redacts talks and counts. A label counts as found, and a mask as right, when they cover the same letters and digits. */
export function scoreTalks(talks: readonly LabelledTalk[], plans: NumberPlans): Score {
  const score: Score = { utterances: 0, labels: 0, found: 0, masked: 0, right: 0, faults: [] };
  for (const { language, turns } of talks) {
    const { turns: spans } = talkSpans(turns, { plans });
    turns.forEach(({ text, labels }, place) => {
      score.utterances++;
      score.labels += labels.length;
      score.masked += spans[place].length;
      const says = (start: number, end: number) => /[\p{L}\p{N}]/u.test(text.slice(start, end));
      const isFound = (label: Label) =>
        spans[place].some((span) =>
          span.kind === label.kind && span.start < label.end && label.start < span.end &&
          !(span.start > label.start && says(label.start, span.start)) &&
          !(span.end < label.end && says(span.end, label.end))
        );
      const isRight = (span: Label) =>
        labels.some((label) =>
          span.kind === label.kind && span.start < label.end && label.start < span.end &&
          !(span.start < label.start && says(span.start, label.start)) &&
          !(span.end > label.end && says(label.end, span.end))
        );
      for (const label of labels) {
        if (isFound(label)) score.found++;
        else {score.faults.push(
            `${language} missed ${label.kind}: ${text.slice(label.start, label.end)} | ${text}`,
          );}
      }
      for (const span of spans[place]) {
        if (isRight(span)) score.right++;
        else {score.faults.push(
            `${language} masked as ${span.kind}: ${text.slice(span.start, span.end)} | ${text}`,
          );}
      }
    });
  }
  return score;
}

/** Finds personal data in a talk at one go: see {@link talkSteps}. */
export function talkSpans(turns: readonly TalkTurn[], context: TalkContext): TalkSpans {
  const steps = talkSteps(turns, context);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
