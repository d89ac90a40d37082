import assert from "node:assert/strict";
import {
  Admission,
  type BusinessShare,
  HOLD_LIFETIME_MS,
  RESERVATION_LIFETIME_MS,
} from "../../src/admission/admission.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { ManualClock } from "../support/manual_clock.ts";

function admissionOf(maxCalls: number): { admission: Admission; clock: ManualClock } {
  const clock = new ManualClock();
  return { admission: new Admission(maxCalls, () => clock.now()), clock };
}

function acme(callsAtOnce: number): BusinessShare {
  return { id: "acme", limits: { ...DEFAULT_BUSINESS.limits, callsAtOnce } };
}

Deno.test("Admission lets reservations of different lengths expire each at its own time", () => {
  const { admission, clock } = admissionOf(2);
  admission.reserve("long", { lifetimeMs: 60_000 });
  admission.reserve("short", { lifetimeMs: 1_000 });
  assert.equal(admission.reserve("third"), "full");
  clock.advance(1_000);
  assert.equal(admission.inUse, 1);
  clock.advance(59_000);
  assert.equal(admission.inUse, 0);
});

Deno.test("Admission gives the slot of a call whose stream never comes to somebody else after 30 s", () => {
  const { admission, clock } = admissionOf(1);
  admission.reserve("CA1");
  clock.advance(29_999);
  assert.equal(admission.reserve("CA2"), "full");
  clock.advance(1);
  assert.notEqual(admission.reserve("CA2"), "full");
  assert.equal(admission.inUse, 1);
});

Deno.test("Admission renews a reservation, even while draining, and refuses one that has expired", () => {
  const { admission, clock } = admissionOf(1);
  admission.reserve("CA1");
  admission.drain();
  clock.advance(RESERVATION_LIFETIME_MS - 1);
  assert.equal(admission.reserve("CA1"), undefined);
  clock.advance(RESERVATION_LIFETIME_MS);
  assert.equal(admission.reserve("CA1"), "draining");
});

Deno.test("Admission.assign() hands a slot on, with the time that it has left", () => {
  const { admission, clock } = admissionOf(1);
  admission.reserve("slot", { lifetimeMs: 10_000 });
  clock.advance(4_000);
  admission.assign("slot", "CA1");
  assert.equal(admission.inUse, 1);
  clock.advance(6_000);
  assert.equal(admission.inUse, 0);
  admission.assign("slot", "CA1"); // expired: there is nothing to hand on
  assert.equal(admission.inUse, 0);
});

Deno.test("Admission.assign() to a live call leaves it with one slot", () => {
  const { admission } = admissionOf(2);
  admission.reserve("slot");
  admission.claim("CA1");
  admission.assign("slot", "CA1");
  assert.equal(admission.inUse, 1);
});

Deno.test("Admission.hold() keeps a live call's slot for its return, for a time", () => {
  const { admission, clock } = admissionOf(1);
  admission.hold(admission.claim("CA1")!);
  assert.equal(admission.reserve("CA2"), "full");
  const back = admission.claim("CA1");
  assert.ok(back);
  admission.hold(back);
  clock.advance(HOLD_LIFETIME_MS);
  assert.equal(admission.reserve("CA2"), undefined);
});

Deno.test("Admission keeps a returned call's slot from its old stream, however late that ends", () => {
  for (const end of ["release", "hold"] as const) {
    const { admission, clock } = admissionOf(1);
    const old = admission.claim("CA1")!;
    assert.equal(admission.claim("CA1"), undefined, "a second stream beside the first");
    const back = admission.claim("CA1", { isBack: true })!;
    assert.equal(admission.inUse, 1);
    admission[end](old);
    clock.advance(2 * HOLD_LIFETIME_MS);
    assert.ok(admission.isLive("CA1"));
    assert.equal(admission.reserve("CA2"), "full");
    admission.release(back);
    assert.equal(admission.inUse, 0);
  }
});

Deno.test("Admission.hold() and cancel() do nothing to a call that has no such slot", () => {
  const { admission } = admissionOf(1);
  const slot = admission.claim("CA1")!;
  admission.release(slot);
  admission.hold(slot);
  assert.equal(admission.inUse, 0);
  admission.claim("CA1");
  admission.cancel("CA1");
  assert.equal(admission.inUse, 1);
});

Deno.test("Admission knows nothing of a reservation that has expired, whatever is asked", () => {
  const business = acme(2);
  for (
    const [ask, expected] of [
      [(admission: Admission) => admission.slotsOf("acme"), 0],
      [(admission: Admission) => admission.hasReserved("slot"), false],
      [(admission: Admission) => (admission.assign("slot", "CA1"), admission.state.reserved), 0],
    ] as const
  ) {
    const { admission, clock } = admissionOf(2);
    admission.reserve("slot", { business });
    clock.advance(RESERVATION_LIFETIME_MS);
    assert.equal(ask(admission), expected);
  }
});

Deno.test("Admission gives a slot away with its reservation, and takes one over with another", () => {
  const { admission: from } = admissionOf(2);
  const { admission: to } = admissionOf(1);
  from.reserve("CA1");
  from.giveAway("CA1");
  assert.deepEqual([from.capacity, from.inUse], [1, 0]);
  to.takeOver("CA1");
  assert.deepEqual([to.capacity, to.inUse, to.hasReserved("CA1")], [2, 1, true]);
  to.claim("CA1");
  to.takeOver("CA1");
  assert.deepEqual([to.capacity, to.inUse, to.hasReserved("CA1")], [3, 1, false], "it is live already");
});

Deno.test("Admission takes a call without a reservation into the last slot of all, and of its business", () => {
  const business = acme(1);
  const { admission } = admissionOf(1);
  assert.ok(admission.claim("CA1", { business }));
  assert.equal(admission.claim("CA2"), undefined);
});

Deno.test("Admission counts the slots that a business has elsewhere", () => {
  const business = acme(2);
  const { admission } = admissionOf(10);
  assert.equal(admission.reserve("CA1", { business, slotsAtPeers: 1 }), undefined);
  assert.equal(admission.reserve("CA2", { business, slotsAtPeers: 1 }), "business_full");
});

Deno.test("Admission is not ready when the next call would take the last of two slots", () => {
  const { admission } = admissionOf(2);
  assert.equal(admission.readyRefusal, undefined);
  admission.reserve("CA1");
  assert.deepEqual([admission.refusal, admission.readyRefusal], [undefined, "full"]);
});
