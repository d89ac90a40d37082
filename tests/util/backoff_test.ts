import assert from "node:assert/strict";
import { backoffMs } from "../../src/util/backoff.ts";

Deno.test("backoffMs() doubles to its bound, and spreads over its second half", () => {
  const backoff = { firstMs: 100, maxMs: 1_000 };
  assert.deepEqual([1, 2, 3, 4, 5, 1_000].map((n) => backoffMs(backoff, n, 1)), [
    100,
    200,
    400,
    800,
    1_000,
    1_000,
  ]);
  assert.equal(backoffMs(backoff, 1, 0), 50);
});
