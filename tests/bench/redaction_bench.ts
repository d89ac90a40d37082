// `deno task bench:redaction`: how much of what is personal is masked, and how much of what is masked is personal, on labelled
// telephone talk in six languages; and what an hour's talk costs. Exit code 1 below 0.98 on the half that nothing was tuned on.

import process from "node:process";
import { setImmediate } from "node:timers/promises";
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
const kinds = ["telephone", "email", "card", "iban", "ssn", "passport"] as const;

/** An hour of talk, in turns of one side: nobody asks, so that all is read as one. */
function hourOf(
  texts: readonly string[],
  speakerOf: (at: number) => string,
): { speaker: string; text: string }[] {
  const hour = [];
  for (let chars = 0, at = 0; chars < HOUR_CHARS; at++) {
    const text = texts[at % texts.length];
    hour.push({ speaker: speakerOf(at), text });
    chars += text.length;
  }
  return hour;
}

const talk = hourOf(
  turns.map(({ text }) => text),
  (at) => turns[at % turns.length].speaker === "A" ? "assistant" : "user",
);
const numbers = hourOf(["One two three, 415 555 0123, double seven 7919."], () => "user");
console.log(`numbering plans: loaded in ${loadMs.toFixed(0)} ms, ${heapMb.toFixed(1)} MB of heap`);
for (const [name, hour] of [["ordinary talk", talk], ["nothing but numbers", numbers]] as const) {
  const costs = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { user, system } = process.cpuUsage();
    const longestMs = await longestHold(() => RedactedTalk.read(hour, { kinds }, { plans }));
    const after = process.cpuUsage();
    costs.push({ ms: (after.user + after.system - user - system) / 1000, longestMs });
  }
  const [first, ...others] = costs;
  const least = (key: "ms" | "longestMs") => Math.min(...others.map((cost) => cost[key])).toFixed(0);
  console.log(
    `an hour of ${name} (${hour.length} turns): ${least("ms")} ms of one core, ${
      first.ms.toFixed(0)
    } ms the first time; ` +
      `the event loop is held for ${least("longestMs")} ms at most, ${
        first.longestMs.toFixed(0)
      } ms the first time`,
  );
}

/** The longest that the event loop waits for its turn, in milliseconds. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let [longest, last, isWorking] = [0, performance.now(), true];
  const watching = (async () => {
    while (isWorking) {
      await setImmediate();
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await work();
  isWorking = false;
  await watching;
  return longest;
}
