// How exactly the model is told what the caller heard of an answer that was cut off: what `audio_end_ms` says against
// the position that the simulated Twilio had truly played when `clear` arrived there. The whole program runs on
// loopback with a network delay put in; run it on a machine that does nothing else.

import { type AnswerKind, figuresOf, type Interruption, interruptions } from "../support/interruptions.ts";

const DELAYS_MS = [0, 75, 150];
const CALLERS = 27;
/** Interruptions of each kind at each delay. */
const WANTED = 50;
const SEED = 3;

const inTurn = await interruptions({
  kinds: ["single", "queued"],
  delaysMs: DELAYS_MS,
  callers: CALLERS,
  wanted: WANTED,
  maxTimes: 30,
  seed: SEED,
});
const generating = await interruptions({
  kinds: ["generating"],
  delaysMs: DELAYS_MS,
  callers: CALLERS,
  wanted: WANTED,
  maxTimes: 20,
  seed: SEED,
});
const all = [...inTurn.measured, ...generating.measured];

console.log(
  "Truncation error in ms: what the model was told less what the caller had heard when clear arrived\n",
);
console.log("delay each way  answer        n  median     p95   worst");
for (const delayMs of DELAYS_MS) {
  for (const kind of ["single", "queued", "generating"] as const) printRow(delayMs, kind, all);
}
const beyond = Math.max(...all.map(({ beyondSentMs }) => beyondSentMs));
console.log(`\nBeyond what was sent: ${beyond > 0 ? `${beyond} ms` : "never"}`);

console.log(
  `Left out and made again, since the process stood still meanwhile: ${inTurn.leftOut + generating.leftOut}`,
);

console.log("\nFrom speech_started at the model to clear at the caller, in ms\n");
console.log("delay each way                n  median     p95   worst");
for (const delayMs of DELAYS_MS) {
  const times = generating.measured.filter((one) => one.delayMs === delayMs).map(({ silencedAfterMs }) =>
    silencedAfterMs ?? NaN
  );
  console.log(`${`${delayMs} ms`.padEnd(24)}${figures(times)}`);
}

function printRow(delayMs: number, kind: AnswerKind, from: readonly Interruption[]): void {
  const errors = from.filter((one) => one.delayMs === delayMs && one.kind === kind).map(({ errorMs }) =>
    errorMs
  );
  if (errors.length > 0) {
    console.log(`${`${delayMs} ms`.padEnd(16)}${kind.padEnd(8 + 2)}${figures(errors).slice(2)}`);
  }
}

function figures(values: readonly number[]): string {
  const { count, median, p95, worst } = figuresOf(values);
  return String(count).padStart(7) + [median, p95, worst].map((ms) => ms.toFixed(1).padStart(8)).join("");
}
