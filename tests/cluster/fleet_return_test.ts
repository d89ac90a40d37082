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

/** A database that has just started again reads its disk first. */
const SLOW_MS = 200;

Deno.test("A database that is slow as it comes back has nobody told that all lines are busy who could be let in", async () => {
  const clock = new ManualClock();
  let eachWayMs = 2;
  const database = new ModelledDatabase(clock, () => eachWayMs);
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      clock.advance(STEP_MS);
      await settle();
    }
  };
  const rigs = ["first", "second"].map((id) =>
    new RiggedInstance({
      id,
      clock,
      connect: () => Promise.resolve(database.store()),
      close: () => Promise.resolve(),
    })
  );
  for (const { fleet } of rigs) void fleet.join();
  await pass(10_000);
  database.become("refused");
  await pass(10_000);
  const answers: string[] = [];
  const waits: number[] = [];
  let callers = 0;
  const call = async () => {
    const { fleet, admission, business } = rigs[callers++ % 2];
    const fromMs = clock.now();
    const slots = await fleet.takeSlot(`CA${callers}`, business);
    waits.push(clock.now() - fromMs);
    answers.push(typeof slots === "number" ? "alone or within its share" : slots);
    if (slots === "full" || slots === "elsewhere") return;
    admission.reserve(`CA${callers}`, { business, slotsAtPeers: slots });
  };
  await call();
  await call();
  eachWayMs = SLOW_MS;
  database.become("up");
  for (let passedMs = 0; callers < 8; passedMs += 500) {
    void call();
    await pass(500);
  }
  await pass(5_000);
  assert.deepEqual(answers.filter((answer) => answer === "full"), [], `${waits}`);
  assert.ok(waits.every((waitMs) => waitMs <= STEP_MS), `${waits}`);
  for (const { fleet } of rigs) fleet.falter();
  await pass(5_000);
});
