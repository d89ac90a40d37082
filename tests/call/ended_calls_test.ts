import assert from "node:assert/strict";
import { ENDED_LIFETIME_MS, EndedCalls, MAX_ENDED_CALLS } from "../../src/call/ended_calls.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("EndedCalls tells the last outcome, and nothing of what it does not know", () => {
  const clock = new ManualClock();
  const calls = new EndedCalls(() => clock.now());
  assert.equal(calls.outcomeOf("CA1"), undefined);
  calls.note("CA1", "fallback");
  calls.note("CA1", "completed");
  assert.equal(calls.outcomeOf("CA1"), "completed");
  clock.advance(ENDED_LIFETIME_MS);
  assert.equal(calls.outcomeOf("CA1"), undefined);
  assert.equal(calls.size, 0);
});

Deno.test("EndedCalls drops the oldest call beyond its bound", () => {
  const calls = new EndedCalls(() => 0);
  for (let i = 0; i <= MAX_ENDED_CALLS; i++) calls.note(`CA${i}`, "completed");
  assert.equal(calls.size, MAX_ENDED_CALLS);
  assert.equal(calls.outcomeOf("CA0"), undefined);
  assert.equal(calls.outcomeOf("CA1"), "completed");
});
