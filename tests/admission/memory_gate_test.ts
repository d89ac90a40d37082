import assert from "node:assert/strict";
import {
  ASSUMED_CALL_BYTES,
  LEAST_CALL_BYTES,
  MEASURED_FROM_CALLS,
  MemoryGate,
} from "../../src/admission/gates.ts";

const MIB = 1024 * 1024;

/** A gate whose process and machine hold what the test says. */
function rig(limit: number | undefined, rss = 60 * MIB) {
  const memory: { rss: number; available: number | undefined } = { rss, available: undefined };
  return { memory, gate: new MemoryGate(limit, () => memory) };
}

Deno.test("MemoryGate takes as many calls as fit below the limit with a tenth of it to spare", () => {
  const { gate } = rig(400 * MIB);
  const fitting = (400 - 40 - 60) * MIB / ASSUMED_CALL_BYTES;
  assert.equal(gate.hasRoomFor(Math.floor(fitting), 0), true);
  assert.equal(gate.hasRoomFor(Math.floor(fitting) + 1, 0), false);
});

Deno.test("MemoryGate keeps head room below a small limit too", () => {
  const { gate, memory } = rig(64 * MIB, 40 * MIB);
  assert.equal(gate.hasRoomFor(1, 0), true);
  memory.rss = 48 * MIB;
  assert.equal(gate.hasRoomFor(1, 0), false);
});

Deno.test("MemoryGate goes by what a call was measured to cost, once there are enough of them", () => {
  const { gate, memory } = rig(1024 * MIB);
  memory.rss += (MEASURED_FROM_CALLS - 1) * 2 * MIB;
  gate.hasRoomFor(1, MEASURED_FROM_CALLS - 1);
  assert.equal(gate.callBytes, ASSUMED_CALL_BYTES);
  memory.rss += 2 * MIB;
  gate.hasRoomFor(1, MEASURED_FROM_CALLS);
  assert.equal(gate.callBytes, 2 * MIB);
  memory.rss = 60 * MIB + 1000;
  gate.hasRoomFor(1, MEASURED_FROM_CALLS);
  assert.equal(gate.callBytes, LEAST_CALL_BYTES);
});

Deno.test("MemoryGate does not take the memory that ended calls left behind for the cost of those that go on", () => {
  const { gate, memory } = rig(1024 * MIB);
  memory.rss += 100 * MIB;
  gate.hasRoomFor(1, 400);
  assert.equal(gate.callBytes, MIB / 4);
  gate.hasRoomFor(1, 50); // the process has not shrunk
  assert.equal(gate.callBytes, MIB / 4);
  gate.hasRoomFor(1, 359);
  assert.equal(gate.callBytes, MIB / 4);
  gate.hasRoomFor(1, 360); // nine tenths
  assert.equal(gate.callBytes, 100 * MIB / 360);
});

Deno.test("MemoryGate starts from what the process held just before its first call", () => {
  const { gate, memory } = rig(1024 * MIB);
  memory.rss += 40 * MIB;
  gate.hasRoomFor(1, 0);
  memory.rss += 100 * MIB;
  gate.hasRoomFor(1, 100);
  assert.equal(gate.callBytes, MIB);
});

Deno.test("MemoryGate knows that the machine may have less than the limit", () => {
  for (const limit of [undefined, 1024 * MIB]) {
    const { gate, memory } = rig(limit);
    memory.available = 30 * MIB;
    assert.equal(gate.hasRoomFor(1, 0), true);
    memory.available = 16 * MIB + ASSUMED_CALL_BYTES;
    assert.equal(gate.hasRoomFor(1, 0), true);
    memory.available--;
    assert.equal(gate.hasRoomFor(1, 0), false);
  }
});

Deno.test("MemoryGate has room where nothing is known of memory", () => {
  assert.equal(rig(undefined).gate.hasRoomFor(100_000, 0), true);
});
