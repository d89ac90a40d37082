import assert from "node:assert/strict";
import { Heartbeat, HEARTBEAT_MS, SILENT_MS } from "../../../src/model/openai/heartbeat.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { LateClock } from "../../support/playback_rig.ts";

/** A heartbeat of a peer that never says anything, on a loop whose deadlines run late. */
function silence(lateMs: number) {
  const clock = new ManualClock();
  const told: string[] = [];
  const heartbeat: Heartbeat = new Heartbeat(new LateClock(clock, lateMs), {
    received: () => 1,
    ask: () => told.push("asked"),
    onSilent: () => {
      told.push("silent");
      heartbeat[Symbol.dispose]();
    },
  });
  return { clock, told, heartbeat };
}

Deno.test("Heartbeat finds a peer that says nothing, also on a loop that runs a little late", () => {
  for (const lateMs of [0, 100]) {
    const { clock, told } = silence(lateMs);
    clock.advance(SILENT_MS);
    assert.deepEqual(told, ["asked", "silent"]);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("Heartbeat takes nobody for silent while the process itself stands still", () => {
  const { clock, told, heartbeat } = silence(HEARTBEAT_MS);
  clock.advance(20 * HEARTBEAT_MS);
  heartbeat[Symbol.dispose]();
  assert.deepEqual(told, []);
});
