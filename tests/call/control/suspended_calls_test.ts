import assert from "node:assert/strict";
import {
  MAX_SUSPENDED_CALLS,
  SuspendedCalls,
  SUSPENSION_LIFETIME_MS,
} from "../../../src/call/control/suspended_calls.ts";
import { ManualClock } from "../../support/manual_clock.ts";

Deno.test("SuspendedCalls gives a conversation back once", () => {
  const clock = new ManualClock();
  const calls = new SuspendedCalls<string>(() => clock.now());
  calls.put("CA1", "one");
  assert.equal(calls.has("CA1"), true);
  assert.equal(calls.take("CA1"), "one");
  assert.equal(calls.take("CA1"), undefined);
  assert.equal(calls.has("CA1"), false);
});

Deno.test("SuspendedCalls forgets a call that does not come back in time, or was dropped", () => {
  const clock = new ManualClock();
  const calls = new SuspendedCalls<string>(() => clock.now());
  calls.put("CA1", "one");
  calls.put("CA2", "two");
  calls.drop("CA2");
  clock.advance(SUSPENSION_LIFETIME_MS - 1);
  assert.deepEqual([calls.has("CA1"), calls.has("CA2")], [true, false]);
  clock.advance(1);
  assert.equal(calls.take("CA1"), undefined);
});

Deno.test("SuspendedCalls drops the oldest call beyond its bound", () => {
  const calls = new SuspendedCalls<number>(() => 0);
  for (let i = 0; i <= MAX_SUSPENDED_CALLS; i++) calls.put(`CA${i}`, i);
  assert.equal(calls.size, MAX_SUSPENDED_CALLS);
  assert.equal(calls.has("CA0"), false);
  assert.equal(calls.take("CA1"), 1);
});
