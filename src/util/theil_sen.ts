/** A point of a series. */
export interface SeriesPoint {
  x: number;
  y: number;
}

/** A slope in `y` per unit of `x`, and its 95 % confidence interval. */
export interface Slope {
  perX: number;
  low: number;
  high: number;
}

/** Above this many points the pairs would be too many to hold: 1,000 make half a million. */
export const MAX_POINTS = 1_000;
/** Half of a normal distribution's middle 95 %, in standard deviations. */
const Z_95 = 1.959964;

/**
 * The robust slope of a series: the median of the slopes between all pairs of points (Theil 1950, Sen 1968),
 * which up to 29 % of outliers do not move, and Sen's distribution-free interval around it, from the variance
 * of Kendall's rank statistic. Undefined for fewer than three points of different `x`.
 *
 * @throws {RangeError} for more than {@link MAX_POINTS}
 */
export function theilSen(points: readonly SeriesPoint[]): Slope | undefined {
  const count = points.length;
  if (count > MAX_POINTS) {
    throw new RangeError(`There are ${count} points; at most ${MAX_POINTS} are allowed.`);
  }
  const slopes = pairSlopes(points);
  if (count < 3 || slopes.length < 3) return undefined;
  const spread = Z_95 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const last = slopes.length - 1;
  const at = (rank: number) => slopes[Math.min(last, Math.max(0, rank))];
  return {
    perX: (slopes[last >> 1] + slopes[(last + 1) >> 1]) / 2,
    low: at(Math.floor((slopes.length - spread) / 2)),
    high: at(Math.ceil((slopes.length + spread) / 2)),
  };
}

/** Slopes between all pairs of points, rising. */
function pairSlopes(points: readonly SeriesPoint[]): Float64Array {
  const slopes = new Float64Array(points.length * (points.length - 1) / 2);
  let length = 0;
  for (let right = 1; right < points.length; right++) {
    for (let left = 0; left < right; left++) {
      const run = points[right].x - points[left].x;
      if (run !== 0) slopes[length++] = (points[right].y - points[left].y) / run;
    }
  }
  return slopes.subarray(0, length).sort();
}
