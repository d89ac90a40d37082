import assert from "node:assert/strict";
import process from "node:process";
import { numberPlans } from "../../../src/observability/redaction/number_plans.ts";
import { talkSteps } from "../../../src/observability/redaction/talk_spans.ts";
import {
  labelledTalks,
  LEAST_SCORE,
  precisionOf,
  recallOf,
  scoreTalks,
  talkSpans,
} from "../../support/labelled_talks.ts";

const plans = await numberPlans();

Deno.test("Redaction finds what is personal, and nothing else, in talk that it was not tuned on", () => {
  const talks = labelledTalks("kept_apart");
  const score = scoreTalks(talks, plans);
  assert.ok(score.utterances >= 200 && new Set(talks.map(({ language }) => language)).size === 6);
  assert.ok(recallOf(score) >= LEAST_SCORE, `recall ${recallOf(score)}`);
  assert.ok(precisionOf(score) >= LEAST_SCORE, `precision ${precisionOf(score)}`);
});

Deno.test("Redaction makes no fault in the talk that it was tuned on", () => {
  assert.deepEqual(scoreTalks(labelledTalks("tuned"), plans).faults, []);
});

Deno.test("Redaction reads digits by what was asked: a booking stays, a number goes", () => {
  const masked = (question: string, ...answers: string[]) => {
    const turns = answers.flatMap((text, index) => [
      { speaker: "assistant", text: index === 0 ? question : "Okay." },
      { speaker: "user", text },
    ]);
    return talkSpans(turns, { plans }).turns.flat().map(({ kind }) => kind);
  };
  const pieces = ["415", "555", "01 23"];
  assert.deepEqual(masked("What's your phone number?", ...pieces), ["telephone", "telephone", "telephone"]);
  assert.deepEqual(masked("Which rooms do you want?", ...pieces), []);
  assert.deepEqual(masked("What's your order number?", ...pieces), []);
});

Deno.test("A date beside a number of a person or a passport stays, and is no part of it", () => {
  const masked = (text: string) => {
    const [spans] = talkSpans([{ speaker: "user", text }], { plans }).turns;
    return spans.map(({ start, end, kind }) => `${kind} ${text.slice(start, end)}`);
  };
  assert.deepEqual(masked("My social is 219-09-9999 and I was born on 04/12/1987."), ["ssn 219-09-9999"]);
  assert.deepEqual(masked("Passport 533401187, 2029-11-03."), ["passport 533401187"]);
  assert.deepEqual(masked("Reisepass C01X00T47, gültig bis 31.10.2027."), ["passport C01X00T47"]);
});

Deno.test("An address with the dot of another language than English is one, in however short a turn", () => {
  for (
    const text of [
      "Sie können mir an info at huber punkt de schreiben.",
      "Schreiben Sie an info at huber punkt de.",
    ]
  ) {
    const [spans] = talkSpans([{ speaker: "user", text }], { plans }).turns;
    assert.deepEqual(spans.map(({ start, end }) => text.slice(start, end)), ["info at huber punkt de"]);
  }
});

Deno.test("Redaction takes more for a number where the numbering plans cannot be loaded, and never less", () => {
  const turns = [{ speaker: "user", text: "0171 2345678, and 612 345 678, and +49 30 901820" }];
  assert.equal(talkSpans(turns, { plans: undefined }).turns[0].length > 0, true);
});

/** The longest step, in CPU time, on a slow machine whose compiler has not seen any of it. */
const MAX_STEP_MS = 400;

Deno.test("A talk that is full of numbers is read in steps of which none takes long, though each turn repeats those before", () => {
  const turns = ["1 ", "1-", "one ", "+1", "A1 "].map((unit) => ({
    speaker: "user",
    text: unit.repeat(18_000 / unit.length),
  }));
  const steps = talkSteps(turns, { plans: undefined, countries: [] });
  let mostMs = 0;
  for (let isDone: boolean | undefined = false; !isDone;) {
    const before = process.cpuUsage();
    isDone = steps.next().done;
    const { user, system } = process.cpuUsage(before);
    mostMs = Math.max(mostMs, (user + system) / 1_000);
  }
  assert.ok(mostMs < MAX_STEP_MS, `${mostMs} ms`);
});
