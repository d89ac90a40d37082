import assert from "node:assert/strict";

/** Pause between two looks. */
const LOOK_EVERY_MS = 10;
/** What the time between two looks counts for at most: what is beyond it, the process stood still. */
const MOST_COUNTED_MS = 2 * LOOK_EVERY_MS;
/** However often the process stands still, nothing is waited for longer than so much more than what was allowed. */
const MAX_STOOD_STILL_MS = 120_000;

/**
 * Resolves when `condition` holds, looking again every few milliseconds. Fails the test, naming `what`, when it does not
 * within `timeoutMs`, not counting what a busy machine adds.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
) {
  const startMs = performance.now();
  let countedMs = 0;
  let lookedMs = startMs;
  while (!await condition()) {
    const isInTime = countedMs < timeoutMs && lookedMs - startMs < timeoutMs + MAX_STOOD_STILL_MS;
    assert.ok(isInTime, `${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const nowMs = performance.now();
    countedMs += Math.min(nowMs - lookedMs, MOST_COUNTED_MS);
    lookedMs = nowMs;
  }
}

/** What a promise comes to. Fails the test, naming `what`, when it is not settled in time, as {@link eventually} counts it. */
export async function within<Result>(
  what: string,
  timeoutMs: number,
  promise: Promise<Result>,
): Promise<Result> {
  let isSettled = false;
  void Promise.allSettled([promise]).then(() => isSettled = true);
  await eventually(what, () => isSettled, timeoutMs);
  return await promise;
}
