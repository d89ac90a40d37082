import assert from "node:assert/strict";
import { figuresOf, type Interruptions, interruptions } from "../support/interruptions.ts";

const DELAYS_MS = [0, 75, 150];
/** Interruptions of each kind at each delay. */
const WANTED = 50;
/** The same where most are left out, since the machine is busy with other things. */
const WANTED_WHEN_BUSY = 12;
/** Interruptions of one caller at most. */
const MAX_TIMES = 24;
const MEDIAN_MS = 15;
const WORST_MS = 60;
const SILENCED_WITHIN_MS = 60;

/** Holds the figures of one group against the bounds. */
function assertExact({ measured, leftOut }: Interruptions, of: string): void {
  const wanted = leftOut > measured.length ? WANTED_WHEN_BUSY : WANTED;
  for (const delayMs of DELAYS_MS) {
    const group = measured.filter((one) => one.delayMs === delayMs && one.kind === of);
    const { count, median } = figuresOf(group.map(({ errorMs }) => errorMs));
    // What the process stood still for while the answer played, program and emulators alike, is not the program's error.
    const { worst } = figuresOf(
      group.map(({ errorMs, stalledMs }) => Math.max(0, Math.abs(errorMs) - stalledMs)),
    );
    const seen =
      `${of} at ${delayMs} ms: n ${count} (of all ${leftOut} left out), median ${median}, worst ${worst} beyond stalls`;
    assert.ok(count >= wanted, seen);
    assert.ok(median <= MEDIAN_MS, seen);
    assert.ok(worst <= WORST_MS, seen);
    assert.ok(group.every(({ beyondSentMs }) => beyondSentMs <= 0), `${seen}: beyond what was sent`);
  }
}

Deno.test("the model is told exactly what was heard of single and of queued answers, however far the caller is", async () => {
  const found = await interruptions({
    kinds: ["single", "queued"],
    delaysMs: DELAYS_MS,
    callers: 36,
    wanted: WANTED,
    maxTimes: MAX_TIMES,
    seed: 31,
  });
  assertExact(found, "single");
  assertExact(found, "queued");
  const places = new Set(found.measured.filter(({ kind }) => kind === "queued").map(({ place }) => place));
  assert.ok(places.has(2) && places.has(3), "answers behind the first were interrupted too");
});

Deno.test("an answer that is still being generated falls silent at once, and the model is told what was heard", async () => {
  const found = await interruptions({
    kinds: ["generating"],
    delaysMs: DELAYS_MS,
    callers: 36,
    wanted: WANTED,
    maxTimes: MAX_TIMES,
    seed: 32,
  });
  assertExact(found, "generating");
  const ownMs = found.measured.flatMap(({ silencedAfterMs, stoodStillMs, delayMs }) =>
    silencedAfterMs === undefined ? [] : Math.max(0, silencedAfterMs - stoodStillMs - delayMs)
  ); // undefined: it was complete, after all
  const { median, worst } = figuresOf(ownMs);
  assert.ok(worst <= SILENCED_WITHIN_MS, `worst ${worst} ms`);
  assert.ok(median <= SILENCED_WITHIN_MS / 2, `median ${median} ms`);
});
