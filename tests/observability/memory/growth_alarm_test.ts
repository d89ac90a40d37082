import assert from "node:assert/strict";
import { GROWTH_ALARM_BYTES, GrowthAlarm } from "../../../src/observability/memory/growth_alarm.ts";
import { Levels, MB, noise } from "../../support/memory_levels.ts";

function rig() {
  const alarm = new GrowthAlarm();
  return { alarm, levels: new Levels(alarm) };
}

Deno.test("GrowthAlarm names memory that grows at a constant number of calls within its window", () => {
  const { alarm, levels } = rig();
  const random = noise();
  // 50 KB kept of each of 30 calls a minute, below 4 MB of noise.
  levels.run(30, 50, (level) => (60 + 0.75 * level + 4 * random()) * MB);
  assert.equal(levels.changes.length, 1, levels.changes.join());
  assert.match(levels.changes[0], /^raised/);
  assert.ok(alarm.isRaised);
  const { bytesPerHour, lowBytesPerHour, windowMs } = alarm.growth!;
  assert.ok(Math.abs(bytesPerHour - 90 * MB) < 10 * MB, `${bytesPerHour}`);
  assert.ok(lowBytesPerHour < bytesPerHour);
  assert.equal(windowMs, 39 * 30_000);
});

Deno.test("GrowthAlarm is quiet about a level that only wavers", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { levels } = rig();
    const random = noise(seed);
    levels.run(240, 50, () => (60 + 12 * random()) * MB);
    assert.deepEqual(levels.changes, [], `seed ${seed}`);
  }
});

Deno.test("GrowthAlarm is quiet about a heap that swings as it is collected", () => {
  for (const period of [5, 9, 16, 33, 60, 90]) {
    const { levels } = rig();
    const swing = 0.8 * GROWTH_ALARM_BYTES;
    levels.run(240, 50, (level) => 60 * MB + swing * (level % period) / period);
    assert.deepEqual(levels.changes, [], `${period} levels`);
  }
});

Deno.test("GrowthAlarm is quiet about growth below its bound, however sure", () => {
  const { levels } = rig();
  levels.run(120, 50, (level) => (60 + 0.3 * level) * MB); // 11.7 MB in 20 minutes
  assert.deepEqual(levels.changes, []);
});

Deno.test("GrowthAlarm leaves out the time in which a process finds its size", () => {
  const { levels } = rig();
  levels.run(120, 50, (level) => (60 + 3 * Math.min(level, 19)) * MB);
  assert.deepEqual(levels.changes, []);
});

Deno.test("GrowthAlarm is quiet about growth that comes with more calls", () => {
  const { levels } = rig();
  for (let calls = 0; calls <= 300; calls += 3) levels.run(1, calls, () => (40 + 0.1 * calls) * MB);
  assert.deepEqual(levels.changes, []);
});

Deno.test("GrowthAlarm does not take what a new height of the load left behind for growth", () => {
  const { levels } = rig();
  levels.run(20, 10, () => 45 * MB).run(1, 200, () => 70 * MB).run(60, 10, () => 60 * MB);
  assert.deepEqual(levels.changes, []);
});

Deno.test("GrowthAlarm compares levels of the same load across others in between", () => {
  const { levels } = rig();
  levels.run(10, 60, () => 60 * MB);
  let total = 0;
  for (let hour = 0; hour < 12; hour++) {
    for (const calls of [10, 30, 60, 30]) levels.run(1, calls, () => (50 + calls / 10 + 0.6 * total++) * MB);
  }
  assert.match(levels.changes.join(), /^raised at \d+/);
});

Deno.test("GrowthAlarm is cleared when the growth has ended, and raised again when it goes on", () => {
  const { alarm, levels } = rig();
  const grow = (level: number) => (60 + level) * MB;
  levels.run(30, 50, grow).run(20, 50, () => 120 * MB);
  assert.deepEqual(levels.changes.map((change) => change.split(" ")[0]), ["raised", "cleared"]);
  levels.run(25, 50, (level) => 50 * MB + grow(level));
  assert.equal(alarm.isRaised, true);
});

Deno.test("GrowthAlarm judges nothing before there were enough levels", () => {
  const { alarm, levels } = rig();
  levels.run(19.5, 5, (level) => (50 + 10 * level) * MB);
  assert.deepEqual([levels.changes, alarm.growth], [[], undefined]);
  levels.run(0.5, 5, () => 500 * MB);
  assert.deepEqual(levels.changes, ["raised at 20"]);
});

Deno.test("GrowthAlarm's window is as long when memory is sampled each second", () => {
  const alarm = new GrowthAlarm();
  const changes: string[] = [];
  for (let second = 0; second < 1800; second++) {
    const change = alarm.add({
      atMs: second * 1000,
      bytes: (60 + second / 60) * MB,
      activeCalls: 5,
      totalCalls: 5,
      peakCalls: 5,
      held: {},
    });
    if (change) changes.push(`${change} at ${second}`);
  }
  assert.equal(changes.length, 1);
  assert.ok(alarm.growth!.windowMs >= 15 * 60_000, `${alarm.growth!.windowMs}`);
});
