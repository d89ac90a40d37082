import assert from "node:assert/strict";
import {
  MAX_SUSPENDED_CALLS,
  SuspendedCalls,
  SUSPENSION_LIFETIME_MS,
} from "../../src/call/suspended_calls.ts";
import { suspendedCall } from "../support/suspended_call.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("SuspendedCalls gives a call back once", () => {
  const clock = new ManualClock();
  const calls = new SuspendedCalls(() => clock.now());
  const call = suspendedCall();
  calls.put("CA1", call);
  assert.equal(calls.has("CA1"), true);
  assert.equal(calls.get("CA1"), call);
  assert.equal(calls.take("CA1"), call);
  assert.equal(calls.take("CA1"), undefined);
  assert.equal(calls.has("CA1"), false);
  assert.equal(calls.get("CA1"), undefined);
});

Deno.test("SuspendedCalls forgets a call that does not come back in time, or was dropped", () => {
  const clock = new ManualClock();
  const calls = new SuspendedCalls(() => clock.now());
  calls.put("CA1", suspendedCall());
  calls.put("CA2", suspendedCall());
  calls.drop("CA2");
  clock.advance(SUSPENSION_LIFETIME_MS - 1);
  assert.deepEqual([calls.has("CA1"), calls.has("CA2")], [true, false]);
  clock.advance(1);
  assert.equal(calls.take("CA1"), undefined);
});

Deno.test("SuspendedCalls drops the oldest call beyond its bound", () => {
  const calls = new SuspendedCalls(() => 0);
  const call = suspendedCall();
  for (let i = 0; i <= MAX_SUSPENDED_CALLS; i++) calls.put(`CA${i}`, call);
  assert.equal(calls.size, MAX_SUSPENDED_CALLS);
  assert.equal(calls.has("CA0"), false);
  assert.equal(calls.take("CA1"), call);
});
