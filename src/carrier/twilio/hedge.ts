import { after, type Clock, type Timer } from "../../util/clock.ts";

/** How something is tried that may be done twice. */
export interface HedgeOptions {
  clock: Clock;
  /** Tries at most, the first one included. */
  tries: number;
  /** Time until the next try is begun beside one that has no result yet. */
  besideAfterMs: number;
  /** Time until the next try after one that has failed. */
  againAfterMs: number;
  /** True for a failure that another try may not meet. */
  mayRepeat: (error: unknown) => boolean;
  /** True when there is no use in another try any more. */
  isMoot: () => boolean;
}

/**
 * Tries something several times side by side, so that one that hangs costs no more than a moment. The first
 * success counts, and so does a failure that every try would meet.
 *
 * @param attempt is told its number, from 0, and aborted when there is a result
 * @throws what the last attempt threw
 */
export async function hedge<Result>(
  attempt: (nth: number, signal: AbortSignal) => Promise<Result>,
  { clock, tries, besideAfterMs, againAfterMs, mayRepeat, isMoot }: HedgeOptions,
): Promise<Result> {
  const result = Promise.withResolvers<Result>();
  const over = new AbortController();
  let begun = 0;
  let failed = 0;
  let timer: Timer | undefined;
  const beginIn = (ms: number, lastError?: unknown) => {
    timer?.cancel();
    timer = after(clock, ms, () => {
      if (!isMoot()) begin();
      else if (failed === begun) result.reject(lastError);
    });
  };
  const begin = () => {
    const nth = begun++;
    if (begun < tries) beginIn(besideAfterMs);
    attempt(nth, over.signal).then(result.resolve, (error) => {
      failed++;
      if (!mayRepeat(error) || failed === tries) return result.reject(error);
      if (begun < tries) beginIn(againAfterMs, error);
    });
  };
  begin();
  try {
    return await result.promise;
  } finally {
    timer?.cancel();
    over.abort();
  }
}
