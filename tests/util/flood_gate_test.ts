import assert from "node:assert/strict";
import { FloodGate } from "../../src/util/flood_gate.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** How many of `count` messages in a row are admitted. */
function admitted(gate: FloodGate, count: number): number {
  return Array.from({ length: count }, () => gate.admits()).filter(Boolean).length;
}

Deno.test("FloodGate admits messages that come slowly enough, for ever", () => {
  const clock = new ManualClock();
  const gate = new FloodGate(clock, { maxMessages: 10, windowMs: 1_000 });
  for (let i = 0; i < 100; i++) {
    clock.advance(100);
    assert.equal(gate.admits(), true, `message ${i}`);
  }
});

Deno.test("FloodGate refuses the message that makes too many in too short a time", () => {
  const clock = new ManualClock();
  const gate = new FloodGate(clock, { maxMessages: 10, windowMs: 1_000 });
  clock.advance(999);
  assert.equal(admitted(gate, 9), 9);
  assert.equal(gate.admits(), false);
});

Deno.test("FloodGate does not hold a burst after a quiet time against a peer", () => {
  const clock = new ManualClock();
  const gate = new FloodGate(clock, { maxMessages: 10, windowMs: 1_000 });
  clock.advance(60_000);
  assert.equal(admitted(gate, 10), 10);
  assert.equal(admitted(gate, 10), 9, "but not one burst after another");
});
