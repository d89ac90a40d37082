import assert from "node:assert/strict";
import { designCoefficients } from "../../src/audio/kernel/filter_design.ts";
import { TIERS } from "../../src/audio/kernel/filter_design.ts";

const FULL_SCALE = 2 ** 15;
const LARGEST_14_BIT = 8_031;
const INT32_MAX = 2 ** 31 - 1;

const sum = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);

for (const [name, design] of Object.entries(TIERS)) {
  const { up, down } = designCoefficients(design);
  const branches = [up.subarray(0, design.taps / 3), up.subarray(design.taps / 3)];

  Deno.test(`the ${name} filters have a gain of exactly 1 at 0 Hz`, () => {
    for (const branch of branches) assert.equal(sum(branch), 2 ** 15);
    assert.equal(sum(down), 2 ** 16);
  });

  Deno.test(`the ${name} filters are symmetric, so that all frequencies are delayed alike`, () => {
    // the unused tap is the oldest sample's
    assert.equal(down[0], 0);
    const used = [...down.subarray(1)];
    for (const [i, tap] of used.entries()) {
      assert.ok(Math.abs(tap - used[used.length - 1 - i]) <= 1, `tap ${i}`);
    }
    const [first, second] = branches.map((branch) => [...branch]);
    for (const [i, tap] of first.entries()) {
      assert.ok(Math.abs(tap - second[second.length - 1 - i]) <= 1, `tap ${i}`);
    }
  });

  Deno.test(`the ${name} filters' sums fit 32 bits for any input`, () => {
    for (const branch of branches) {
      assert.ok(sum(branch.map(Math.abs)) * LARGEST_14_BIT + 2 ** 12 <= INT32_MAX);
    }
    const lanes = [0, 1, 2, 3].map((lane) =>
      sum(down.filter((_, k) => ((k >> 1) & 3) === lane).map(Math.abs))
    );
    for (const lane of lanes) assert.ok(lane * FULL_SCALE <= INT32_MAX);
    assert.ok(sum(lanes) * FULL_SCALE / 4 + 2 ** 13 <= INT32_MAX);
  });
}
