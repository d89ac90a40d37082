import assert from "node:assert/strict";
import fc from "fast-check";
import { Admission, HOLD_LIFETIME_MS, RESERVATION_LIFETIME_MS } from "../../src/admission/admission.ts";
import type { LiveSlot } from "../../src/admission/call_slots.ts";
import { ManualClock } from "../support/manual_clock.ts";

function rig(maxCalls: number) {
  const clock = new ManualClock();
  return { clock, admission: new Admission(maxCalls, () => clock.now()) };
}

Deno.test("Admission reserves a slot before anything is connected, and refuses when all are taken", () => {
  const { admission } = rig(2);
  assert.equal(admission.reserve("a"), undefined);
  assert.ok(admission.claim("a"));
  assert.equal(admission.reserve("b"), undefined);
  assert.equal(admission.reserve("c"), "full");
  assert.deepEqual([admission.inUse, admission.refusal], [2, "full"]);
});

Deno.test("Admission gives a slot back when its call ends", () => {
  const { admission } = rig(1);
  admission.reserve("a");
  admission.release(admission.claim("a")!);
  assert.equal(admission.inUse, 0);
  assert.equal(admission.reserve("b"), undefined);
});

Deno.test("Admission lets an unused reservation expire", () => {
  const { admission, clock } = rig(1);
  admission.reserve("a");
  clock.advance(RESERVATION_LIFETIME_MS - 1);
  assert.equal(admission.reserve("b"), "full");
  clock.advance(1);
  assert.equal(admission.reserve("b"), undefined);
  assert.equal(admission.claim("a"), undefined, "its slot is another's now");
});

Deno.test("Admission claims without a reservation while a slot is free", () => {
  const { admission, clock } = rig(1);
  admission.reserve("a");
  clock.advance(RESERVATION_LIFETIME_MS);
  assert.ok(admission.claim("a"));
  assert.equal(admission.claim("b"), undefined);
});

Deno.test("Admission claims a call once", () => {
  const { admission } = rig(3);
  admission.reserve("a");
  assert.ok(admission.claim("a"));
  assert.equal(admission.claim("a"), undefined);
  assert.equal(admission.inUse, 1);
});

Deno.test("Admission gives a repeated webhook no second slot, and renews the first", () => {
  const { admission, clock } = rig(1);
  admission.reserve("a");
  clock.advance(RESERVATION_LIFETIME_MS - 1);
  assert.equal(admission.reserve("a"), undefined);
  clock.advance(RESERVATION_LIFETIME_MS - 1);
  assert.equal(admission.reserve("b"), "full");
  assert.ok(admission.claim("a"));
  assert.equal(admission.reserve("a"), undefined);
  assert.equal(admission.inUse, 1);
});

Deno.test("Admission takes no new calls while draining, and lets those go on that have a slot", () => {
  const { admission } = rig(3);
  admission.reserve("a");
  admission.drain();
  assert.deepEqual([admission.refusal, admission.reserve("b")], ["draining", "draining"]);
  assert.equal(admission.reserve("a"), undefined, "a repeated webhook is no new call");
  assert.ok(admission.claim("a"));
});

Deno.test("Admission does nothing on the second release of a slot", () => {
  const { admission } = rig(1);
  const slot = admission.claim("a")!;
  admission.release(slot);
  admission.reserve("a");
  admission.release(slot);
  assert.equal(admission.inUse, 1, "a reservation is not a live call");
});

Deno.test("Admission never has more slots in use than there are, and no call twice, whatever happens", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const step = fc.oneof(
    fc.record({
      do: fc.constantFrom("reserve", "claim", "release", "hold", "cancel", "drain"),
      name,
    }),
    fc.record({ do: fc.constant("assign"), name, to: name }),
    fc.record({ do: fc.constant("wait"), ms: fc.integer({ min: 0, max: 2 * HOLD_LIFETIME_MS }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, maxCalls) => {
      const { admission, clock } = rig(maxCalls);
      const live = new Map<string, LiveSlot>();
      for (const step of steps) {
        if ("ms" in step) clock.advance(step.ms);
        else if ("to" in step) admission.assign(step.name, step.to);
        else if (step.do === "reserve") admission.reserve(step.name);
        else if (step.do === "claim") {
          const slot = admission.claim(step.name);
          assert.ok(!slot || !live.has(step.name), "live already");
          if (slot) live.set(step.name, slot);
        } else if (step.do === "release" || step.do === "hold") {
          const slot = live.get(step.name);
          if (slot) admission[step.do](slot);
          live.delete(step.name);
        } else if (step.do === "cancel") admission.cancel(step.name);
        else if (step.do === "drain") admission.drain();
        assert.ok(admission.inUse <= maxCalls, `${admission.inUse} of ${maxCalls} slots`);
        assert.ok(live.size <= admission.inUse, "each live call has a slot");
      }
    }),
    { seed: 77, numRuns: 500 },
  );
});
