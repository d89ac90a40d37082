import assert from "node:assert/strict";
import { DelayLine } from "../../../src/lab/twilio/network.ts";
import { ManualClock } from "../../support/manual_clock.ts";

Deno.test("DelayLine delivers at once where there is no delay", () => {
  const seen: number[] = [];
  new DelayLine(new ManualClock()).carry(() => seen.push(1));
  assert.deepEqual(seen, [1]);
});

Deno.test("DelayLine delays by its milliseconds and keeps the order", () => {
  const clock = new ManualClock();
  const line = new DelayLine(clock, { delayMs: 75 });
  const seen: string[] = [];
  for (const name of ["a", "b", "c"]) line.carry(() => seen.push(`${name} ${clock.now()}`));
  clock.advance(74);
  assert.deepEqual(seen, []);
  clock.advance(1);
  assert.deepEqual(seen, ["a 75", "b 75", "c 75"]);
});

Deno.test("DelayLine shakes in the same way for the same seed and never overtakes", () => {
  const run = (seed: number) => {
    const clock = new ManualClock();
    const line = new DelayLine(clock, { delayMs: 10, jitterMs: 50, seed });
    const times: number[] = [];
    const order: number[] = [];
    for (let i = 0; i < 50; i++) {
      line.carry(() => {
        order.push(i);
        times.push(clock.now());
      });
      clock.advance(5);
    }
    clock.advance(100);
    assert.deepEqual(order, Array.from({ length: 50 }, (_, i) => i));
    return times;
  };
  assert.deepEqual(run(3), run(3));
  assert.notDeepEqual(run(3), run(4));
});

Deno.test("DelayLine loses what is on its way when it is cut", () => {
  const clock = new ManualClock();
  const line = new DelayLine(clock, { delayMs: 10 });
  line.carry(() => assert.fail());
  line.cut();
  line.carry(() => assert.fail());
  clock.advance(100);
  assert.equal(clock.pending, 0);
});
