// `deno task bench:redaction`: how much of what is personal is masked, and how much of what is masked is personal, on labelled
// telephone talk in six languages; and what an hour's talk costs. Exit code 1 below 0.98 on the half that nothing was tuned on.

import process from "node:process";
import { numberPlans } from "../../src/observability/redaction/number_plans.ts";
import { RedactedTalk } from "../../src/observability/redaction/redact_text.ts";
import {
  LABELLED_FILES,
  labelledTalks,
  LEAST_SCORE,
  precisionOf,
  recallOf,
  scoreTalks,
} from "../support/labelled_talks.ts";

/** Characters of an hour's talk. */
const HOUR_CHARS = 60_000;
const ROUNDS = 5;

const [heapBefore, startedMs] = [Deno.memoryUsage().heapUsed, performance.now()];
const plans = await numberPlans();
const loadMs = performance.now() - startedMs;
const heapMb = (Deno.memoryUsage().heapUsed - heapBefore) / 2 ** 20;

for (const half of LABELLED_FILES) {
  const talks = labelledTalks(half);
  for (const language of [...new Set(talks.map(({ language }) => language)), "all"]) {
    const score = scoreTalks(talks.filter((talk) => language === "all" || talk.language === language), plans);
    const [precision, recall] = [precisionOf(score), recallOf(score)];
    console.log(
      `${half.padEnd(12)} ${language.padEnd(4)} ${String(score.utterances).padStart(4)} utterances ` +
        `${String(score.labels).padStart(4)} personal   precision ${precision.toFixed(3)}   recall ${
          recall.toFixed(3)
        }`,
    );
    if (half === "kept_apart" && language === "all" && Math.min(precision, recall) < LEAST_SCORE) {
      Deno.exitCode = 1;
    }
  }
}

const turns = labelledTalks("tuned").flatMap(({ turns }) => turns);
const hour = [];
for (let chars = 0, at = 0; chars < HOUR_CHARS; at++) {
  const { speaker, text } = turns[at % turns.length];
  hour.push({ speaker: speaker === "A" ? "assistant" : "user", text });
  chars += text.length;
}
const kinds = ["telephone", "email", "card", "iban", "ssn", "passport"] as const;
const costs = [];
for (let round = 0; round < ROUNDS; round++) {
  const { user, system } = process.cpuUsage();
  await RedactedTalk.read(hour, { kinds }, { plans });
  const after = process.cpuUsage();
  costs.push((after.user + after.system - user - system) / 1000);
}
console.log(`numbering plans: loaded in ${loadMs.toFixed(0)} ms, ${heapMb.toFixed(1)} MB of heap`);
console.log(
  `an hour's talk (${hour.length} turns, each with what looks personal): ` +
    `${Math.min(...costs).toFixed(0)} ms of one core, ${
      costs[0].toFixed(0)
    } ms the first time, in steps of some 10 ms`,
);
