import assert from "node:assert/strict";
import { LiveCalls } from "../../src/call/live_calls.ts";
import { Admission } from "../../src/lifecycle/admission.ts";
import { AFTERMATH_MS, drain } from "../../src/lifecycle/drain.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";

/** Calls that end when the test says so. */
class FakeCalls extends LiveCalls {
  count = 0;
  ended = 0;

  override get active(): number {
    return this.count;
  }

  override endAll(): void {
    this.ended += this.count;
    this.count = 0;
  }
}

function rig(count: number, seconds: number) {
  const clock = new ManualClock();
  const admission = new Admission(10, () => clock.now());
  const calls = new FakeCalls();
  calls.count = count;
  const state = { doneAtMs: -1 };
  const done = drain(admission, calls, clock, seconds).then(() => state.doneAtMs = clock.now());
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await settle();
    }
  };
  return { clock, admission, calls, state, done, pass };
}

Deno.test("drain() takes no new calls and is done when the last one has ended by itself", async () => {
  const { admission, calls, state, done, pass, clock } = rig(2, 300);
  assert.equal(admission.refusal, "draining");
  await pass(10_000);
  calls.count = 1;
  await pass(10_000);
  assert.equal(state.doneAtMs, -1);
  calls.count = 0;
  await pass(200);
  await done;
  assert.ok(state.doneAtMs <= 20_200);
  assert.equal(calls.ended, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("drain() ends the calls that are left when its time is up, and stays to say what comes after them", async () => {
  const { calls, state, done, pass, clock } = rig(3, 5);
  await pass(4_900);
  assert.deepEqual([state.doneAtMs, calls.ended], [-1, 0]);
  await pass(200);
  assert.deepEqual([state.doneAtMs, calls.ended], [-1, 3]);
  await pass(AFTERMATH_MS);
  await done;
  assert.equal(clock.pending, 0);
});

Deno.test("drain() waits for nothing without calls or without time", async () => {
  const idle = rig(0, 300);
  await idle.done;
  assert.deepEqual([idle.state.doneAtMs, idle.calls.ended], [0, 0]);

  const hurried = rig(2, 0);
  await settle();
  assert.equal(hurried.calls.ended, 2);
  await hurried.pass(AFTERMATH_MS);
  await hurried.done;
});
