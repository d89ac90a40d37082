import assert from "node:assert/strict";
import {
  DescriptorGate,
  DESCRIPTORS_BESIDE_CALLS,
  DESCRIPTORS_PER_CALL,
  MAX_LINGERING_SOCKETS,
} from "../../src/admission/gates.ts";

/** A gate of a process that can open `free` descriptors more. */
function gate(free: number, lingering = 0): DescriptorGate {
  return new DescriptorGate({ hasRoomFor: (count) => count <= free, lingering: () => lingering });
}

Deno.test("DescriptorGate has room for calls whose descriptors fit beside some for everything else", () => {
  const free = 3 * DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE_CALLS;
  assert.equal(gate(free).hasRoomFor(3), true);
  assert.equal(gate(free - 1).hasRoomFor(3), false);
});

Deno.test("DescriptorGate has room for none while too many sockets do not close", () => {
  assert.equal(gate(1_000, MAX_LINGERING_SOCKETS - 1).hasRoomFor(1), true);
  assert.equal(gate(1_000, MAX_LINGERING_SOCKETS).hasRoomFor(1), false);
});
