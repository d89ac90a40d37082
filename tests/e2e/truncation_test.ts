import assert from "node:assert/strict";
import { figuresOf, type Interruptions, interruptions } from "../support/interruptions.ts";

const DELAYS_MS = [0, 75, 150];
const MEDIAN_MS = 15;
const WORST_MS = 60;
const SILENCED_WITHIN_MS = 60;

/** Holds the figures of one group against the bounds. What the machine held the process up is not the program's. */
function assertExact({ all, longestStallMs }: Interruptions, of: string, least: number): void {
  for (const delayMs of DELAYS_MS) {
    const group = all.filter((one) => one.delayMs === delayMs && one.kind === of);
    const { count, median, worst } = figuresOf(group.map(({ errorMs }) => errorMs));
    const seen =
      `${of} at ${delayMs} ms: n ${count}, median ${median}, worst ${worst}, stall ${longestStallMs}`;
    assert.ok(count >= least, seen);
    assert.ok(median <= MEDIAN_MS, seen);
    assert.ok(worst <= WORST_MS + longestStallMs, seen);
    assert.ok(group.every(({ beyondSentMs }) => beyondSentMs <= 0), `${seen}: beyond what was sent`);
  }
}

Deno.test("the model is told exactly what was heard of single and of queued answers, however far the caller is", async () => {
  const found = await interruptions({
    kinds: ["single", "queued"],
    delaysMs: DELAYS_MS,
    callers: 54,
    times: 6,
    seed: 31,
  });
  assertExact(found, "single", 45);
  assertExact(found, "queued", 45);
  const places = new Set(found.all.filter(({ kind }) => kind === "queued").map(({ place }) => place));
  assert.ok(places.has(2) && places.has(3), "answers behind the first were interrupted too");
});

Deno.test("an answer that is still being generated falls silent at once, and the model is told what was heard", async () => {
  const found = await interruptions({
    kinds: ["generating"],
    delaysMs: DELAYS_MS,
    callers: 24,
    times: 3,
    seed: 32,
  });
  assertExact(found, "generating", 20);
  const { longestStallMs } = found;
  for (const { silencedAfterMs, delayMs } of found.all) {
    if (silencedAfterMs === undefined) continue; // it was complete, after all
    const ownMs = silencedAfterMs - delayMs;
    const seen = `${ownMs} ms at ${delayMs} ms, stall ${longestStallMs}`;
    assert.ok(ownMs <= SILENCED_WITHIN_MS + longestStallMs, seen);
  }
  const { median } = figuresOf(
    found.all.map(({ silencedAfterMs, delayMs }) => (silencedAfterMs ?? delayMs) - delayMs),
  );
  assert.ok(median <= SILENCED_WITHIN_MS / 2, `median ${median} ms`);
});
