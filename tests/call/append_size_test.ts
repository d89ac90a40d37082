import assert from "node:assert/strict";
import { AppendSize, LEAST_APPEND_MS, MOST_APPEND_MS } from "../../src/call/append_size.ts";

Deno.test("AppendSize is small while the loop is on time and large when it lags", () => {
  const size = new AppendSize();
  assert.deepEqual([0, 3, 8, 50].map((lagMs) => size.at(lagMs, 1)), [20, 20, 100, 100]);
  assert.deepEqual([LEAST_APPEND_MS, MOST_APPEND_MS], [20, 100]);
});

Deno.test("AppendSize stays as it is between the two thresholds", () => {
  const size = new AppendSize();
  const sizes = [5, 7.9, 8, 7.9, 3.1, 3, 3.1, 7.9].map((lagMs) => size.at(lagMs, 1));
  assert.deepEqual(sizes, [20, 20, 100, 100, 100, 20, 20, 20]);
});

Deno.test("AppendSize grows by a frame for every 25 calls, up to 60 ms", () => {
  const size = new AppendSize();
  const sizes = [0, 1, 24, 25, 49, 50, 75, 99, 100, 1000].map((calls) => size.at(0, calls));
  assert.deepEqual(sizes, [20, 20, 20, 40, 40, 60, 60, 60, 60, 60]);
});
