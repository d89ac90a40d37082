import assert from "node:assert/strict";
import { MAX_POINTS, type SeriesPoint, theilSen } from "../../src/util/theil_sen.ts";

const series = (count: number, y: (x: number) => number): SeriesPoint[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));

Deno.test("theilSen() finds the slope of a straight line exactly", () => {
  assert.deepEqual(theilSen(series(20, (x) => 3 * x + 7)), { perX: 3, low: 3, high: 3 });
});

Deno.test("theilSen() is not moved by a quarter of outliers", () => {
  const slope = theilSen(series(40, (x) => x % 4 === 0 ? 1e6 : 2 * x))!;
  assert.ok(Math.abs(slope.perX - 2) < 0.01, `${slope.perX}`);
});

Deno.test("theilSen() agrees with a worked example", () => {
  // Pairs: 2, 2, 7/3, 2, 5/2, 3. Sen's variance for 4 points is 26/3, so the interval is that of all slopes.
  const slope = theilSen([{ x: 0, y: 0 }, { x: 1, y: 2 }, { x: 2, y: 4 }, { x: 3, y: 7 }])!;
  assert.ok(Math.abs(slope.perX - (2 + 7 / 3) / 2) < 1e-12, `${slope.perX}`);
  assert.deepEqual([slope.low, slope.high], [2, 3]);
});

Deno.test("theilSen() gives noise without a trend an interval around zero, and a trend in it one above", () => {
  const noise = (x: number) => 50 * Math.sin(x * 12.9898) * Math.cos(x * 78.233);
  const flat = theilSen(series(200, noise))!;
  assert.ok(flat.low < 0 && flat.high > 0, JSON.stringify(flat));
  const rising = theilSen(series(200, (x) => noise(x) + x))!;
  assert.ok(rising.low > 0 && rising.low < 1 && rising.high > 1, JSON.stringify(rising));
});

Deno.test("theilSen() knows no slope of fewer than three points, or of points at one x", () => {
  assert.equal(theilSen([]), undefined);
  assert.equal(theilSen(series(2, (x) => x)), undefined);
  assert.equal(theilSen([{ x: 1, y: 1 }, { x: 1, y: 2 }, { x: 1, y: 3 }]), undefined);
});

Deno.test("theilSen() refuses more points than it has room for", () => {
  assert.throws(() => theilSen(series(MAX_POINTS + 1, (x) => x)), RangeError);
});
