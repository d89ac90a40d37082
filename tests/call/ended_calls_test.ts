import assert from "node:assert/strict";
import { ENDED_LIFETIME_MS, EndedCalls, MAX_ENDED_CALLS } from "../../src/call/ended_calls.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("EndedCalls knows a call that was hung up, for two minutes", () => {
  const clock = new ManualClock();
  const calls = new EndedCalls(() => clock.now());
  assert.equal(calls.has("CA1"), false);
  calls.note("CA1");
  assert.equal(calls.has("CA1"), true);
  clock.advance(ENDED_LIFETIME_MS);
  assert.equal(calls.has("CA1"), false);
  assert.equal(calls.size, 0);
});

Deno.test("EndedCalls drops the oldest call beyond its bound", () => {
  const calls = new EndedCalls(() => 0);
  for (let i = 0; i <= MAX_ENDED_CALLS; i++) calls.note(`CA${i}`);
  assert.equal(calls.size, MAX_ENDED_CALLS);
  assert.deepEqual([calls.has("CA0"), calls.has("CA1")], [false, true]);
});
