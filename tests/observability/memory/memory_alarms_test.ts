import assert from "node:assert/strict";
import { MAX_ALARM_EVENTS, MemoryAlarms } from "../../../src/observability/memory/memory_alarms.ts";
import { Levels, MB } from "../../support/memory_levels.ts";

/** Both alarms as one that never changes by itself. */
function rig() {
  const alarms = new MemoryAlarms();
  let epochMs = 0;
  const levels = new Levels({
    add: (level) => void alarms.add(level, epochMs += 30_000),
  });
  return { alarms, levels };
}

Deno.test("MemoryAlarms tells which alarm is raised, how often each was, and when", () => {
  const { alarms, levels } = rig();
  levels.run(20, 0, () => 40 * MB).run(5, 10, () => 50 * MB).run(10, 0, () => 42 * MB);
  assert.deepEqual([alarms.active, alarms.events], [[], []]);
  assert.equal(alarms.settledBytes, 42 * MB);
  levels.run(5, 10, () => 80 * MB).run(10, 0, () => 80 * MB);
  assert.deepEqual(alarms.active, ["no_return"]);
  levels.run(60, 10, (level) => (80 + level) * MB);
  assert.deepEqual(alarms.active, ["growth", "no_return"]);
  assert.deepEqual(alarms.raised, { growth: 1, no_return: 1 });
  assert.deepEqual(alarms.events.map(({ alarm, change }) => [alarm, change]), [
    ["no_return", "raised"],
    ["growth", "raised"],
  ]);
  assert.equal(alarms.events[0].epochMs, 45.5 * 60_000);
  assert.ok(alarms.growth!.bytesPerHour > 100 * MB);
});

Deno.test("MemoryAlarms keeps the latest events only, and counts all", () => {
  const { alarms, levels } = rig();
  levels.run(5, 10, () => 50 * MB).run(10, 0, () => 42 * MB);
  for (let round = 0; round < 40; round++) {
    levels.run(5, 10, () => 80 * MB).run(10, 0, () => (round % 2 ? 42 : 80) * MB);
  }
  assert.equal(alarms.raised.no_return, 20);
  assert.equal(alarms.events.length, MAX_ALARM_EVENTS);
});
