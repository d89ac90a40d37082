import { after, type Clock } from "./clock.ts";

/**
 * Whether `work` settles within `ms`, for better or worse. What takes longer goes on unheeded. Never rejects.
 */
export async function settledWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<false>();
  const timer = after(clock, ms, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true, () => true), tooLate]);
  } finally {
    timer.cancel();
  }
}
