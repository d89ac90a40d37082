import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { Admission, type BusinessShare, READY_MARGIN_CALLS } from "../../src/admission/admission.ts";
import {
  ASSUMED_CALL_BYTES,
  DescriptorGate,
  DESCRIPTORS_BESIDE_CALLS,
  DESCRIPTORS_PER_CALL,
  LagGate,
  MAX_LINGERING_SOCKETS,
  MemoryGate,
  NEARLY_LATE_MS,
} from "../../src/admission/gates.ts";
import { ManualClock } from "../support/manual_clock.ts";

const MIB = 1024 * 1024;

function share(id: string, callsAtOnce?: number): BusinessShare {
  return { id, limits: { ...DEFAULT_BUSINESS.limits, callsAtOnce } };
}

function rig(maxCalls = 100, rss = 0) {
  const clock = new ManualClock();
  const memory = { rss, available: undefined };
  const lag = new LagGate();
  const gates = { memory: new MemoryGate(1024 * MIB, () => memory), lag };
  const late = (ms: number) => {
    for (let i = 0; i < 200; i++) lag.add(ms);
  };
  return { clock, memory, late, admission: new Admission(maxCalls, () => clock.now(), gates) };
}

Deno.test("Admission gives a business no more calls at once than its file says, and others theirs", () => {
  const { admission } = rig();
  const acme = share("acme", 2);
  admission.reserve("a", { business: acme });
  const slot = admission.claim("a", { business: acme });
  assert.ok(slot);
  assert.equal(admission.reserve("b", { business: acme }), undefined);
  assert.equal(admission.reserve("c", { business: acme }), "business_full");
  assert.equal(admission.claim("c", { business: acme }), undefined);
  assert.equal(admission.reserve("c", { business: share("other", 1) }), undefined);
  assert.equal(admission.refusal, undefined, "there is room for others");
  admission.release(slot);
  assert.equal(admission.reserve("d", { business: acme }), undefined);
});

Deno.test("Admission lets a call in without a reservation where there is room for just that one", () => {
  for (const [free, isIn] of [[DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE_CALLS, true], [1, false]] as const) {
    const descriptors = new DescriptorGate({ hasRoomFor: (count) => count <= free, lingering: () => 0 });
    const admission = new Admission(100, () => 0, { descriptors });
    assert.equal(admission.claim("CA1") !== undefined, isIn);
  }
});

Deno.test("Admission keeps a business's share with its slots, however they change", () => {
  const { admission, clock } = rig();
  const acme = share("acme", 1);
  const isFull = () => {
    const refusal = admission.reserve("probe", { business: acme });
    admission.cancel("probe");
    return refusal === "business_full";
  };
  admission.reserve("slot", { business: acme });
  admission.assign("slot", "CA1");
  assert.equal(isFull(), true, "assigned");
  admission.hold(admission.claim("CA1", { business: acme })!);
  assert.equal(isFull(), true, "held");
  assert.equal(admission.reserve("CA1", { business: acme }), undefined, "it comes back to its own slot");
  clock.advance(10 * 60_000);
  assert.equal(isFull(), false, "expired");
  admission.reserve("CA2", { business: acme });
  admission.cancel("CA2");
  assert.equal(isFull(), false, "cancelled");
});

Deno.test("Admission refuses a call that there is no memory for, those that are still connecting counted", () => {
  const { admission, memory } = rig(100, 0);
  memory.rss = Math.floor(1024 * MIB * 0.9) - 3 * ASSUMED_CALL_BYTES;
  for (const name of ["a", "b", "c"]) assert.equal(admission.reserve(name), undefined, name);
  assert.equal(admission.reserve("d"), "low_memory");
  assert.equal(admission.claim("e"), undefined, "nor without a reservation");
  for (const name of ["a", "b", "c"]) assert.ok(admission.claim(name), "what was promised is kept");
});

Deno.test("Admission refuses calls while the event loop is late, and cuts none that was promised", () => {
  const { admission, late } = rig();
  admission.reserve("a");
  late(200);
  assert.equal(admission.reserve("b"), "late");
  assert.ok(admission.claim("a"));
  assert.ok(admission.claim("c"), "another process promised it");
  late(0);
  assert.equal(admission.reserve("b"), undefined);
});

Deno.test("Admission counts calls that are turned away by reason, and streams that find no slot", () => {
  const { admission } = rig(1);
  admission.reserve("a");
  assert.equal(admission.reserve("b"), "full");
  assert.equal(admission.state.refused.full, 0, "another process may have a slot for it");
  admission.turnedAway("full");
  admission.turnedAway("day_limit");
  assert.equal(admission.claim("c"), undefined);
  assert.deepEqual(admission.state.refused, {
    draining: 0,
    full: 2,
    business_full: 0,
    low_memory: 0,
    descriptors: 0,
    late: 0,
    day_limit: 1,
  });
});

Deno.test("Admission says that it is full a twentieth of the slots before it refuses", () => {
  const { admission } = rig(40);
  for (let i = 0; i < 37; i++) admission.reserve(`call ${i}`);
  assert.equal(admission.readyRefusal, undefined);
  admission.reserve("call 37");
  assert.deepEqual([admission.readyRefusal, admission.refusal], ["full", undefined]);
  assert.equal(admission.reserve("call 38"), undefined);
});

Deno.test("Admission says that memory and event loop are at their limit before it refuses", () => {
  const { admission, memory, late } = rig();
  memory.rss = 1024 * MIB * 0.9 - READY_MARGIN_CALLS * ASSUMED_CALL_BYTES;
  assert.deepEqual([admission.readyRefusal, admission.refusal], ["low_memory", undefined]);
  memory.rss = 0;
  late(NEARLY_LATE_MS + 1);
  assert.deepEqual([admission.readyRefusal, admission.refusal], ["late", undefined]);
  late(0);
  assert.equal(admission.readyRefusal, undefined);
});

Deno.test("Admission with one slot is ready while it is free", () => {
  const { admission } = rig(1);
  assert.equal(admission.readyRefusal, undefined);
  admission.reserve("a");
  assert.equal(admission.readyRefusal, "full");
});

Deno.test("Admission.state tells operators what there is", () => {
  const { admission } = rig(10);
  admission.reserve("a");
  admission.claim("b");
  const { slots, live, reserved, callBytes, refusal, readyRefusal } = admission.state;
  assert.deepEqual({ slots, live, reserved, callBytes, refusal, readyRefusal }, {
    slots: 10,
    live: 1,
    reserved: 1,
    callBytes: ASSUMED_CALL_BYTES,
    refusal: undefined,
    readyRefusal: undefined,
  });
});

Deno.test("Admission refuses calls before descriptors are short: each takes two, and four stay free", () => {
  let free = 8;
  let lingering = 0;
  const descriptors = new DescriptorGate({
    hasRoomFor: (count) => count <= free,
    lingering: () => lingering,
  });
  const admission = new Admission(100, () => 0, { descriptors });
  assert.equal(admission.reserve("a"), undefined);
  assert.equal(admission.reserve("b"), undefined);
  assert.equal(admission.reserve("c"), "descriptors");
  assert.ok(admission.claim("a"), "it was promised");
  free = 100;
  assert.equal(admission.readyRefusal, undefined);
  lingering = MAX_LINGERING_SOCKETS;
  assert.equal(admission.reserve("c"), "descriptors");
});

Deno.test("Admission refuses a call that was just talking elsewhere for want of memory alone", () => {
  const { admission, memory, late } = rig(0);
  late(400);
  assert.equal(admission.reserve("CA1"), "full");
  assert.equal(admission.claim("CA1"), undefined);
  assert.equal(admission.reserve("CA1", { isAdmitted: true }), undefined);
  assert.ok(admission.claim("CA1", { isAdmitted: true }));
  assert.ok(admission.claim("CA2", { isAdmitted: true }), "without a reservation");
  memory.rss = 1024 * MIB;
  assert.equal(admission.reserve("CA3", { isAdmitted: true }), "low_memory");
  assert.equal(admission.claim("CA3", { isAdmitted: true }), undefined);
  memory.rss = 0;
  admission.drain();
  assert.equal(admission.reserve("CA3", { isAdmitted: true }), "draining");
  assert.ok(admission.claim("CA3", { isAdmitted: true }));
});
