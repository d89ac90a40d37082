import assert from "node:assert/strict";
import { BackOff, FIRST_DELAY_MS, MAX_DELAY_MS, WELL_AFTER_MS } from "../../src/workers/back_off.ts";

Deno.test("BackOff doubles the pause up to a bound", () => {
  const backOff = new BackOff();
  const delays = Array.from({ length: 8 }, () => backOff.delayMs(0));
  assert.deepEqual(delays.slice(0, 3), [FIRST_DELAY_MS, 2 * FIRST_DELAY_MS, 4 * FIRST_DELAY_MS]);
  assert.equal(delays.at(-1), MAX_DELAY_MS);
});

Deno.test("BackOff begins anew after a process that ran well", () => {
  const backOff = new BackOff();
  backOff.delayMs(0);
  backOff.delayMs(0);
  assert.equal(backOff.delayMs(WELL_AFTER_MS), FIRST_DELAY_MS);
  assert.equal(backOff.delayMs(0), 2 * FIRST_DELAY_MS);
});
