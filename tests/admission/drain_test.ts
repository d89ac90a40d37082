import assert from "node:assert/strict";
import { LiveCalls } from "../../src/call/live_calls.ts";
import { Admission, HOLD_LIFETIME_MS, RESERVATION_LIFETIME_MS } from "../../src/admission/admission.ts";
import { AFTERMATH_MS, drain } from "../../src/admission/drain.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";

/** Calls that end when the test says so. */
class FakeCalls extends LiveCalls {
  count = 0;
  ended = 0;

  override get active(): number {
    return this.count;
  }

  override endAll(): Promise<void> {
    this.ended += this.count;
    this.count = 0;
    return Promise.resolve();
  }
}

function rig(count: number, seconds: number, prepare: (admission: Admission) => void = () => {}) {
  const clock = new ManualClock();
  const admission = new Admission(10, () => clock.now());
  prepare(admission);
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

Deno.test("drain() takes no new calls and is done a while after the last one has ended by itself", async () => {
  const { admission, calls, state, done, pass, clock } = rig(2, 300);
  assert.equal(admission.refusal, "draining");
  await pass(10_000);
  calls.count = 1;
  await pass(10_000);
  assert.equal(state.doneAtMs, -1);
  calls.count = 0;
  await pass(AFTERMATH_MS - 200);
  assert.equal(state.doneAtMs, -1, "Twilio may yet ask what comes after the last stream");
  await pass(400);
  await done;
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

Deno.test("drain() waits for a call whose webhook was answered, and whose stream is yet to come", async () => {
  const { admission, state, done, pass } = rig(0, 300, (admission) => admission.reserve("CA1"));
  await pass(10_000);
  assert.equal(state.doneAtMs, -1);
  const slot = admission.claim("CA1");
  assert.ok(slot);
  await pass(60_000);
  assert.equal(state.doneAtMs, -1);
  admission.release(slot);
  await pass(AFTERMATH_MS + 200);
  await done;
});

Deno.test("drain() waits for a call that is away, and stays for it when it comes back", async () => {
  const { admission, state, done, pass } = rig(0, 300, (admission) => {
    admission.reserve("CA1");
    admission.hold(admission.claim("CA1")!);
  });
  await pass(HOLD_LIFETIME_MS - 1_000);
  assert.equal(state.doneAtMs, -1);
  assert.equal(admission.reserve("CA1"), undefined, "it is taken in again");
  await pass(10_000);
  assert.equal(state.doneAtMs, -1);
  await pass(RESERVATION_LIFETIME_MS - 10_000 + AFTERMATH_MS + 200);
  await done;
});

Deno.test("drain() starts its last wait anew for a call that another process hands over meanwhile", async () => {
  const { admission, calls, state, done, pass } = rig(1, 300);
  await pass(1_000);
  calls.count = 0;
  await pass(AFTERMATH_MS - 500);
  admission.takeOver("CA2");
  await pass(1_000);
  assert.equal(state.doneAtMs, -1);
  admission.cancel("CA2");
  await pass(AFTERMATH_MS + 200);
  await done;
});

Deno.test("drain() waits for no reservation beyond its time", async () => {
  const { state, done, pass } = rig(0, 5, (admission) => admission.reserve("CA1"));
  await pass(5_000 + AFTERMATH_MS - 200);
  assert.equal(state.doneAtMs, -1);
  await pass(400);
  await done;
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
