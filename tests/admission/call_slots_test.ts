import assert from "node:assert/strict";
import fc from "fast-check";
import { CallSlots, type LiveSlot } from "../../src/admission/call_slots.ts";

Deno.test("CallSlots counts each holder once, and in the share of its business, whatever happens", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const business = fc.constantFrom("acme", "other", undefined);
  const step = fc.oneof(
    fc.record({ do: fc.constant("reserve" as const), name, business, expiresMs: fc.nat(100) }),
    fc.record({ do: fc.constant("claim" as const), name, business }),
    fc.record({ do: fc.constantFrom("cancel" as const, "release" as const, "hold" as const), name }),
    fc.record({ do: fc.constant("assign" as const), name, to: name }),
    fc.record({ do: fc.constant("expire" as const), nowMs: fc.nat(100) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
    const slots = new CallSlots();
    const claimed: LiveSlot[] = [];
    for (const step of steps) {
      switch (step.do) {
        case "reserve":
          if (!slots.isLive(step.name)) slots.reserve(step.name, step.expiresMs, step.business);
          break;
        case "claim":
          claimed.push(slots.claim(step.name, step.business));
          break;
        case "hold":
          claimed.filter(({ callSid }) => callSid === step.name).forEach((slot) => slots.hold(slot, 50));
          break;
        case "assign":
          slots.assign(step.name, step.to);
          break;
        case "expire":
          slots.expire(step.nowMs);
          break;
        case "release":
          claimed.filter(({ callSid }) => callSid === step.name).forEach((slot) => slots.release(slot));
          break;
        default:
          slots.cancel(step.name);
      }
      const names = ["a", "b", "c", "d"];
      const holders = names.filter((each) => slots.isLive(each) || slots.isReserved(each));
      assert.equal(slots.inUse, holders.length, "nobody has two slots");
      assert.equal(slots.live + slots.reserved, slots.inUse);
      assert.ok(slots.ofBusiness("acme") + slots.ofBusiness("other") <= slots.inUse);
    }
    for (const slot of claimed) slots.release(slot);
    for (const name of ["a", "b", "c", "d"]) slots.cancel(name);
    assert.deepEqual([slots.inUse, slots.ofBusiness("acme"), slots.ofBusiness("other")], [0, 0, 0]);
  }));
});

Deno.test("CallSlots tells once of a slot that is given back", () => {
  const freed: unknown[][] = [];
  const slots = new CallSlots({ freed: (...slot) => void freed.push(slot), renamed() {} });
  slots.reserve("a", 10, "acme");
  for (let times = 0; times < 2; times++) slots.cancel("a");
  const slot = slots.claim("a", "acme");
  for (let times = 0; times < 2; times++) slots.release(slot);
  assert.deepEqual(freed, [["a", "acme", false], ["a", "acme", true]]);
});
