import assert from "node:assert/strict";
import { Admission, HOLD_LIFETIME_MS, RESERVATION_LIFETIME_MS } from "../../src/lifecycle/admission.ts";
import { ManualClock } from "../support/manual_clock.ts";

function admissionOf(maxCalls: number): { admission: Admission; clock: ManualClock } {
  const clock = new ManualClock();
  return { admission: new Admission(maxCalls, () => clock.now()), clock };
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
  admission.claim("CA1");
  admission.hold("CA1");
  assert.equal(admission.reserve("CA2"), "full");
  assert.equal(admission.claim("CA1"), true);
  admission.hold("CA1");
  clock.advance(HOLD_LIFETIME_MS);
  assert.equal(admission.reserve("CA2"), undefined);
});

Deno.test("Admission.hold() and cancel() do nothing to a call that has no such slot", () => {
  const { admission } = admissionOf(1);
  admission.hold("CA1");
  assert.equal(admission.inUse, 0);
  admission.claim("CA1");
  admission.cancel("CA1");
  assert.equal(admission.inUse, 1);
});
