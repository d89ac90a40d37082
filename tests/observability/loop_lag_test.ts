import assert from "node:assert/strict";
import { LAG_INTERVAL_MS, LoopLag } from "../../src/observability/loop_lag.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { LateClock } from "../support/playback_rig.ts";

Deno.test("LoopLag is 0 while deadlines run on time", () => {
  const clock = new ManualClock();
  const lag = new LoopLag(clock);
  clock.advance(10_000);
  assert.equal(lag.meanMs, 0);
});

Deno.test("LoopLag nears the lateness of the loop within a few samples", () => {
  const clock = new ManualClock();
  const lag = new LoopLag(new LateClock(clock, 20));
  clock.advance(LAG_INTERVAL_MS + 20);
  assert.ok(Math.abs(lag.meanMs - 4) < 0.001, `${lag.meanMs} after the first sample`);
  clock.advance(20 * (LAG_INTERVAL_MS + 20));
  assert.ok(lag.meanMs > 19 && lag.meanMs <= 20, `${lag.meanMs}`);
});

Deno.test("LoopLag waits for nothing once it is disposed", () => {
  const clock = new ManualClock();
  const lag = new LoopLag(clock);
  clock.advance(10 * LAG_INTERVAL_MS);
  assert.equal(clock.pending, 1);
  lag[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});

Deno.test("LoopLag reports mean, 99th percentile and maximum since it was last asked, then begins anew", () => {
  const clock = new ManualClock();
  const lag = new LoopLag(new LateClock(clock, 20));
  clock.advance(50 * (LAG_INTERVAL_MS + 20));
  assert.deepEqual(lag.takeReport(), { meanMs: 20, p99Ms: 20, maxMs: 20, samples: 50 });
  assert.deepEqual(lag.takeReport(), { meanMs: 0, p99Ms: 0, maxMs: 0, samples: 0 });
});

for (
  const [lateMs, p99Ms] of [[0, 0], [0.4, 0.4], [99.5, 99.5], [123, 123], [5000, 5000]] as const
) {
  Deno.test(`LoopLag measures a lateness of ${lateMs} ms`, () => {
    const clock = new ManualClock();
    const lag = new LoopLag(new LateClock(clock, lateMs));
    clock.advance(10 * (LAG_INTERVAL_MS + lateMs) + 1);
    const report = lag.takeReport();
    assert.equal(report.samples, 10);
    assert.equal(report.p99Ms, p99Ms);
    assert.equal(report.maxMs, lateMs);
  });
}

Deno.test("LoopLag tells each measurement to whoever judges by it", () => {
  const clock = new ManualClock();
  const told: number[] = [];
  const lag = new LoopLag(new LateClock(clock, 20), (lateMs) => told.push(Math.round(lateMs)));
  clock.advance(3 * (LAG_INTERVAL_MS + 20));
  lag[Symbol.dispose]();
  assert.deepEqual(told, [20, 20, 20]);
});
