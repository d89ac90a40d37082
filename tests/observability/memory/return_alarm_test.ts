import assert from "node:assert/strict";
import { RETURN_TOLERANCE_BYTES, ReturnAlarm } from "../../../src/observability/memory/return_alarm.ts";
import { Levels, MB } from "../../support/memory_levels.ts";

function rig() {
  const alarm = new ReturnAlarm();
  return { alarm, levels: new Levels(alarm) };
}

Deno.test("ReturnAlarm takes the level after the first load for the settled one, not that before it", () => {
  const { alarm, levels } = rig();
  levels.run(10, 0, () => 30 * MB).run(5, 100, () => 60 * MB);
  assert.equal(alarm.settledBytes, undefined);
  levels.run(5, 0, () => 45 * MB);
  assert.equal(alarm.settledBytes, undefined);
  levels.run(1, 0, () => 44 * MB);
  assert.equal(alarm.settledBytes, 44 * MB);
  assert.deepEqual(levels.changes, []);
});

Deno.test("ReturnAlarm names a second load that leaves more behind than the first, five minutes after its end", () => {
  const { levels } = rig();
  levels.run(5, 100, () => 60 * MB).run(10, 0, () => 44 * MB);
  levels.run(5, 100, () => 75 * MB).run(10, 0, () => 44 * MB + RETURN_TOLERANCE_BYTES + 1);
  assert.deepEqual(levels.changes, ["raised at 25.5"]);
});

Deno.test("ReturnAlarm is quiet about loads that end on the same plateau", () => {
  const { levels } = rig();
  for (const plateau of [26, 24, 24, 25, 33, 36]) {
    levels.run(5, 150, () => 60 * MB).run(10, 0, () => plateau * MB);
  }
  assert.deepEqual(levels.changes, []);
});

Deno.test("ReturnAlarm judges by the lowest level since the load: a late collection is in time", () => {
  const { levels } = rig();
  levels.run(5, 100, () => 60 * MB).run(10, 0, () => 44 * MB);
  levels.run(5, 100, () => 75 * MB).run(10, 0, (level) => (level === 9 ? 44 : 70) * MB);
  assert.deepEqual(levels.changes, []);
});

Deno.test("ReturnAlarm measures a load by the settled level of one that was as high", () => {
  const { alarm, levels } = rig();
  levels.run(1, 1, () => 32 * MB).run(10, 0, () => 31 * MB);
  levels.run(5, 300, () => 86 * MB).run(10, 0, () => 61 * MB);
  assert.deepEqual(levels.changes, []);
  assert.equal(alarm.settledBytes, 61 * MB);
  levels.run(5, 20, () => 80 * MB).run(10, 0, () => 79 * MB);
  assert.deepEqual(levels.changes, ["raised at 36.5"]);
});

Deno.test("ReturnAlarm sees loads that come and go between two levels", () => {
  const { alarm, levels } = rig();
  levels.run(5, 0, () => 30 * MB).passing(40).run(10, 0, () => 44 * MB);
  assert.equal(alarm.settledBytes, 44 * MB);
  levels.passing(40).run(10, 0, () => 60 * MB);
  assert.deepEqual(levels.changes, ["raised at 20.5"]);
});

Deno.test("ReturnAlarm waits for calls that go on", () => {
  const { alarm, levels } = rig();
  levels.run(5, 100, () => 60 * MB);
  for (let round = 0; round < 10; round++) levels.run(4, 0, () => 50 * MB).run(1, 3, () => 50 * MB);
  assert.deepEqual([levels.changes, alarm.settledBytes], [[], undefined]);
});

Deno.test("ReturnAlarm is cleared when memory comes back, by itself or after the next load", () => {
  const { levels } = rig();
  levels.run(5, 100, () => 60 * MB).run(10, 0, () => 44 * MB);
  levels.run(5, 100, () => 75 * MB).run(10, 0, (level) => (level < 15 ? 60 : 45) * MB);
  assert.deepEqual(levels.changes, ["raised at 25.5", "cleared at 28"]);
  levels.run(5, 100, () => 75 * MB).run(10, 0, () => 60 * MB);
  levels.run(5, 100, () => 75 * MB).run(10, 0, () => 45 * MB);
  assert.deepEqual(levels.changes.slice(2), ["raised at 40.5", "cleared at 55.5"]);
});

Deno.test("ReturnAlarm names what is still held after the first load, but not what is only passing", () => {
  const held = rig();
  held.levels.run(5, 100, () => 60 * MB).run(10, 0, () => 44 * MB, { kernelSlots: 1, warmSessions: 0 });
  assert.deepEqual(held.levels.changes, ["raised at 10.5"]);
  const passing = rig();
  passing.levels.run(5, 100, () => 60 * MB).run(5, 0, () => 44 * MB);
  passing.levels.run(5, 0, () => 44 * MB, { admissionSlots: 1 });
  assert.deepEqual(passing.levels.changes, []);
});
