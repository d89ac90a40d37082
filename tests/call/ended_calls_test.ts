import assert from "node:assert/strict";
import { ENDED_LIFETIME_MS, EndedCalls, MAX_ENDED_CALLS } from "../../src/call/ended_calls.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("EndedCalls knows a call that was hung up, for hours", () => {
  const clock = new ManualClock();
  const calls = new EndedCalls(() => clock.now());
  assert.equal(calls.ending("CA1"), undefined);
  calls.noteHungUp("CA1");
  assert.equal(calls.ending("CA1"), "hung_up");
  clock.advance(ENDED_LIFETIME_MS);
  assert.equal(calls.ending("CA1"), undefined);
  assert.equal(calls.size, 0);
});

Deno.test("EndedCalls drops the oldest call beyond its bound", () => {
  const calls = new EndedCalls(() => 0);
  for (let i = 0; i <= MAX_ENDED_CALLS; i++) calls.noteHungUp(`CA${i}`);
  assert.equal(calls.size, MAX_ENDED_CALLS);
  assert.deepEqual([calls.ending("CA0"), calls.ending("CA1")], [undefined, "hung_up"]);
});

Deno.test("EndedCalls keeps that we hung a call up when it is over in another way too", () => {
  const calls = new EndedCalls(() => 0);
  calls.noteHungUp("CA1");
  for (const call of ["CA1", "CA2"]) calls.noteOver(call);
  assert.deepEqual([calls.ending("CA1"), calls.ending("CA2")], ["hung_up", "over"]);
});
