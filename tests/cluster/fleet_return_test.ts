import assert from "node:assert/strict";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RiggedInstance } from "./fleet_rig.ts";
import { ModelledDatabase } from "./modelled_store.ts";

const STEP_MS = 10;

Deno.test("After the database was away, calls are moved once all others know that it is back", async () => {
  const clock = new ManualClock();
  const database = new ModelledDatabase(clock, () => 2);
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      clock.advance(STEP_MS);
      await settle();
    }
  };
  const rig = () =>
    new RiggedInstance({
      clock,
      connect: () => Promise.resolve(database.store()),
      close: () => Promise.resolve(),
    });
  const [first, second] = [rig(), rig()];
  void first.fleet.join();
  await pass(1_000);
  void second.fleet.join();
  await pass(4_000);
  assert.equal(first.fleet.takesStreams, true);
  database.become("refused");
  await pass(20_000);
  assert.equal(first.fleet.takesStreams, false);
  database.become("up");
  for (let passedMs = 0; first.fleet.link.isAway && second.fleet.link.isAway; passedMs += STEP_MS) {
    assert.ok(passedMs < 10_000, "it is back");
    await pass(STEP_MS);
  }
  const [early, late] = first.fleet.link.isAway ? [second, first] : [first, second];
  assert.deepEqual([late.fleet.link.isAway, early.fleet.takesStreams], [true, false]);
  await pass(6_000);
  assert.deepEqual([early.fleet.takesStreams, late.fleet.takesStreams], [true, true]);
  for (const { fleet } of [first, second]) fleet.falter();
  await pass(5_000);
});
