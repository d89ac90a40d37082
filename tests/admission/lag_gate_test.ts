import assert from "node:assert/strict";
import { IN_TIME_MS, LagGate, LATE_MS, NEARLY_LATE_MS } from "../../src/admission/gates.ts";

/** Tells the gate the same lateness for `seconds`. */
function late(gate: LagGate, lateMs: number, seconds: number): void {
  for (let i = 0; i < 10 * seconds; i++) gate.add(lateMs);
}

Deno.test("LagGate is late when deadlines are late for seconds, and in time only well below that", () => {
  const gate = new LagGate();
  late(gate, 1, 60);
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [false, false]);
  late(gate, LATE_MS + 5, 20);
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [true, true]);
  late(gate, (LATE_MS + IN_TIME_MS) / 2, 60);
  assert.equal(gate.isLate, true, "a little better is not well");
  late(gate, 1, 10);
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [false, false]);
});

Deno.test("LagGate says that it is nearly late before it is", () => {
  const gate = new LagGate();
  late(gate, NEARLY_LATE_MS + 1, 60);
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [false, true]);
});

Deno.test("LagGate takes one pause, however long, for no overload, but not one every second", () => {
  const gate = new LagGate();
  late(gate, 1, 60);
  gate.add(60_000);
  assert.equal(gate.isNearlyLate, false);
  for (let i = 0; i < 20; i++) {
    gate.add(900);
    gate.add(0);
  }
  assert.equal(gate.isLate, true);
});

Deno.test("LagGate lets a burst of calls pass, which makes the loop late for a second and then less and less", () => {
  const gate = new LagGate();
  late(gate, 2, 10);
  for (const lateMs of [200, 300, 350, 250, 150, 100, 60, 30, 10, 5]) {
    gate.add(lateMs);
    assert.equal(gate.isLate, false, `${lateMs} ms`);
  }
  late(gate, 2, 3);
  for (let i = 0; i < 20; i++) gate.add(200);
  assert.equal(gate.isLate, true, "six seconds on end are no burst");
});

Deno.test("LagGate changes at its very bounds", () => {
  const gate = new LagGate();
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [false, false], "in time before anything was measured");
  for (const lateMs of [400, 240]) gate.add(lateMs); // a mean of 40 ms, then of 60
  assert.deepEqual([gate.isLate, gate.isNearlyLate], [false, true]);
  const late = new LagGate();
  for (const lateMs of [400, 400, 116]) late.add(lateMs); // 40 ms, 76, 80; of six seconds 33, 64, 66
  assert.equal(late.isLate, false);
  for (const lateMs of [400, 80, 60, 0, 0]) late.add(lateMs); // 112 ms, 109, 104, 94, 84; of six seconds 94 at once
  assert.equal(late.isLate, true);
  late.add(42); // 80 ms
  for (const lateMs of [0, 12, 6, 0, 14, 0, 35, 24]) late.add(lateMs); // 72 ms, 66, 60, 54, 50, 45, 44, 42
  assert.equal(late.isLate, true);
  late.add(22); // 40 ms
  assert.equal(late.isLate, false);
});

Deno.test("LagGate is late at the very bound of either mean, and in time at that of the short one", () => {
  const six = new LagGate();
  for (const lateMs of [400, 400, 116]) six.add(lateMs);
  six.add(286.6589515409496); // 101 ms; of six seconds exactly 80
  assert.equal(six.isLate, true);
  const one = new LagGate();
  for (let i = 0; i < 20; i++) for (const lateMs of [400, 0, 0, 0, 0, 0, 0, 0, 0]) one.add(lateMs);
  for (const lateMs of [400, 0]) one.add(lateMs); // of six seconds 150; of the last one 59
  assert.equal(one.isLate, false);
  one.add(271.08906933130464); // exactly 80
  assert.equal(one.isLate, true);
  const better = new LagGate();
  late(better, 200, 20);
  for (let i = 0; i < 14; i++) better.add(0);
  better.add(30);
  assert.equal(better.isLate, true);
  better.add(2.395962491095926); // exactly 40
  assert.equal(better.isLate, false);
});
