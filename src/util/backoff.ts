/** Bounds of the wait between two tries. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/**
 * The wait after `failures` failures in a row, in milliseconds. It doubles each time up to `maxMs`, and a
 * random part of up to half of it is taken off, so that many servers do not come back at the same moment.
 *
 * @param failures at least 1
 * @param random from 0 to 1
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return fullMs * (0.5 + random / 2);
}
