import assert from "node:assert/strict";
import { until } from "../../../src/lab/twilio/line.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";

Deno.test("until() waits as long as it is told, and does not count what the machine stands still", async () => {
  const clock = new ManualClock();
  let holds = false;
  const seen: boolean[] = [];
  void until(clock, () => holds, 1_000).then((result) => seen.push(result));
  clock.standStill(5_000);
  holds = true;
  clock.advance(10);
  await settle();
  assert.deepEqual(seen, [true]);
  void until(clock, () => false, 1_000).then((result) => seen.push(result));
  clock.advance(999);
  await settle();
  assert.deepEqual(seen, [true]);
  clock.advance(1);
  await settle();
  assert.deepEqual(seen, [true, false]);
  assert.equal(clock.pending, 0);
});

Deno.test("until() ends on a machine that stands still again and again", async () => {
  const clock = new ManualClock();
  const waited = until(clock, () => false, 1_000);
  for (let times = 0; times < 6; times++) clock.standStill(1_000);
  assert.equal(await waited, false);
  assert.equal(clock.pending, 0);
});
