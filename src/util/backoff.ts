/** How long to wait between two tries. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/**
 * The wait after a number of failures in a row: twice as long each time, up to the longest, and between half and all of that
 * by chance, so that many servers do not come back at the same moment.
 *
 * @param failures at least 1
 * @param random from 0 to 1
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return fullMs * (0.5 + random / 2);
}
