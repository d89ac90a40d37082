import assert from "node:assert/strict";
import { AppendSize, LEAST_APPEND_MS, MAX_APPEND_MS } from "../../src/call/append_size.ts";
import { CoreUse } from "../../src/observability/core_use.ts";

function at(size: AppendSize, lateMs: number, coreUse: number): number {
  size.update(lateMs, coreUse);
  return size.ms;
}

Deno.test("AppendSize is small while the loop is on time, and large when it is late for half a second", () => {
  const size = new AppendSize();
  assert.deepEqual([0, 3, 3].map((lateMs) => at(size, lateMs, 0.1)), [20, 20, 20]);
  assert.deepEqual([50, 30, 80, 20, 50].map((lateMs) => at(size, lateMs, 0.1)), [20, 20, 20, 20, 100]);
  assert.deepEqual([LEAST_APPEND_MS, MAX_APPEND_MS], [20, 100]);
});

Deno.test("AppendSize does not follow a loop that stood still once, however long, or now and then", () => {
  const size = new AppendSize();
  const sizes = Array.from({ length: 100 }, (_, tick) => at(size, tick % 5 === 0 ? 2_000 : 1, 0.1));
  assert.deepEqual(new Set(sizes), new Set([LEAST_APPEND_MS]));
});

Deno.test("AppendSize stays as it is between the two thresholds", () => {
  const size = new AppendSize();
  const settled = (lateMs: number) => Array.from({ length: 60 }, () => at(size, lateMs, 0.1)).at(-1);
  const late = [5, 7.9, 8.1, 7.9, 3.1, 2.9, 3.1, 7.9];
  assert.deepEqual(late.map(settled), [20, 20, 100, 100, 100, 20, 20, 20]);
});

Deno.test("AppendSize is a frame until half of the core is in use, grows with the use, and goes back", () => {
  const size = new AppendSize();
  const uses = [0, 0.3, 0.49, 0.5, 0.46, 0.64, 0.65, 0.6, 0.5, 0.49, 0.4, 0.39, 1.3, 0];
  const sizes = [20, 20, 20, 40, 40, 40, 60, 60, 60, 40, 40, 20, 60, 20];
  assert.deepEqual(uses.map((use) => at(size, 0, use)), sizes);
});

Deno.test("CoreUse is the share of a core, as a mean of about a second", () => {
  let seconds = 5;
  const use = new CoreUse(() => seconds);
  assert.equal(use.sample(1_000), 0);
  const shares = Array.from({ length: 40 }, (_, index) => {
    seconds += 0.03;
    return use.sample(1_100 + 100 * index);
  });
  assert.ok(shares[0] > 0.02 && shares[0] < 0.04, "one busy moment is not a busy process");
  assert.ok(Math.abs(shares.at(-1)! - 0.3) < 0.01);
  assert.equal(new CoreUse(() => undefined).sample(1_000), 0);
  seconds += 1;
  assert.ok(Math.abs(use.sample(9_000) - 0.25) < 0.001, "after a pause it is the pause's mean");
});
