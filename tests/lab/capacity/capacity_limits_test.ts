import assert from "node:assert/strict";
import {
  busyHelper,
  hasHeldAny,
  instanceFits,
  limitReached,
} from "../../../src/lab/capacity/capacity_limits.ts";
import type { Step } from "../../../src/lab/capacity/capacity_report.ts";
import { goodStep, LAG, MB } from "./report_rig.ts";

const LIMIT = 512 * MB;
const BOUNDS = { memoryLimitBytes: LIMIT, cores: 2 };

Deno.test("limitReached() finds nothing in a good step", () => {
  assert.equal(limitReached(goodStep(), 20, BOUNDS), undefined);
  assert.equal(limitReached(goodStep({ loopLag: { ...LAG, p99Ms: 20 } }), 20, BOUNDS), undefined);
  assert.equal(limitReached(goodStep({ answerMs: { p50: null, p99: null } }), 20, BOUNDS), undefined);
  assert.equal(limitReached(goodStep({ answerMs: { p50: 62, p99: 120 } }), 20, BOUNDS), undefined);
});

for (
  const [what, changes, wanted] of [
    ["calls that failed", { failed: 2, faults: ["refused: full"] }, /^2 failed at 10 calls: refused: full/],
    ["memory", { rss: LIMIT }, /memory reached the limit of 512 MB at 10 calls/],
    ["audio lost on the way down", { deliveredDown: 0.99 }, /Audio was lost at 10 calls: 1 .* up, 0.99 down/],
    ["audio lost on the way up", { lostUpMsPerCall: 101, deliveredUp: 0.99 }, /Audio was lost/],
    ["the loop's lag", { loopLag: { ...LAG, p99Ms: 20.5 } }, /lag was 20.5 ms .* the limit is 20 ms/],
    ["a gap", { longestGapMs: 61 }, /A frame came 61 ms late/],
    [
      "a late median answer",
      { answerMs: { p50: 85, p99: 90 } },
      /median answer began 65 ms later than usual/,
    ],
    ["late answers", { answerMs: { p50: 30, p99: 91 } }, /Answers began 61 ms after the median one/],
  ] satisfies [string, Partial<Step>, RegExp][]
) {
  Deno.test(`limitReached() names ${what}`, () => {
    assert.match(limitReached(goodStep(changes), 20, BOUNDS)?.reason ?? "", wanted);
  });
}

Deno.test("limitReached() says when the load itself was late", () => {
  const lag = { ...LAG, p99Ms: 35 };
  const limit = limitReached(goodStep({ longestGapMs: 90, callersLag: lag }), 20, BOUNDS);
  assert.equal(limit?.isOfTime, true);
  assert.equal(limitReached(goodStep({ failed: 1, longestGapMs: 90 }), 20, BOUNDS)?.isOfTime, false);
  assert.match(limit?.reason ?? "", /90 ms late .* But the callers' process itself ran 35 ms late/);
  assert.match(busyHelper(goodStep({ modelLag: lag, helperCores: 1.5 }), 2) ?? "", /too small/);
  assert.match(busyHelper(goodStep({ modelLag: lag }), 2) ?? "", /model's process .* something else kept/);
  assert.equal(busyHelper(goodStep(), 2), undefined);
});

Deno.test("fitsOf() gives the largest step that fits, by the worst of its rounds", () => {
  const steps = [
    goodStep({ calls: 100, rss: 400 * MB }),
    goodStep({ calls: 200, rss: 500 * MB }),
    goodStep({ calls: 200, round: 2, rss: 520 * MB }),
  ];
  assert.deepEqual(instanceFits({ steps, stopped: null }), [
    { sizeMb: 512, calls: 100, rss: 400 * MB, isLimit: true },
    { sizeMb: 1024, calls: 200, rss: 520 * MB, isLimit: false },
    { sizeMb: 2048, calls: 200, rss: 520 * MB, isLimit: false },
  ]);
});

Deno.test("fitsOf() does not count the step that stopped the measurement", () => {
  const steps = [goodStep({ calls: 100 }), goodStep({ calls: 200 })];
  const [fit] = instanceFits({ steps, stopped: "A frame came late." });
  assert.deepEqual([fit.calls, fit.isLimit], [100, true]);
});

Deno.test("fitsOf() knows that nothing fits", () => {
  assert.deepEqual(instanceFits({ steps: [goodStep({ rss: 600 * MB })], stopped: null })[0], {
    sizeMb: 512,
    calls: 0,
    rss: 0,
    isLimit: true,
  });
  assert.equal(instanceFits({ steps: [], stopped: "x" })[0].calls, 0);
});

Deno.test("hasHeldAny() is about loads, not about how often one was tried", () => {
  const first = goodStep({ calls: 1 });
  assert.equal(hasHeldAny({ steps: [first], stopped: "A call failed." }), false);
  assert.equal(hasHeldAny({ steps: [first, first], stopped: "A frame came late, twice." }), false);
  assert.equal(hasHeldAny({ steps: [first, goodStep()], stopped: "A frame came late." }), true);
  assert.equal(hasHeldAny({ steps: [first], stopped: null }), true);
});
