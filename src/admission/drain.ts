import type { LiveCalls } from "../call/live_calls.ts";
import { type Clock, sleep } from "../util/clock.ts";
import type { Admission } from "./admission.ts";

/** How often a drain looks whether the last call has ended. */
const LOOK_EVERY_MS = 100;

/** Twilio asks what comes after a stream within this; the answer is the fallback of the calls that lost their agent. */
export const AFTERMATH_MS = 3_000;

/**
 * Takes no new calls and waits for those that have a slot, for at most `seconds`: live ones, those about to connect, and
 * those that are away and may come back. Then ends the live ones that are left. Stays a while after the last has gone,
 * however it went, to answer for it.
 */
export async function drain(
  admission: Admission,
  calls: LiveCalls,
  clock: Clock,
  seconds: number,
): Promise<void> {
  admission.drain();
  let nowMs = clock.now();
  const deadlineMs = nowMs + seconds * 1000;
  let doneMs = nowMs;
  while (nowMs < deadlineMs) {
    if (hasAnybody(admission, calls)) doneMs = nowMs + AFTERMATH_MS;
    if (nowMs >= doneMs) return;
    await sleep(clock, LOOK_EVERY_MS);
    nowMs = clock.now();
  }
  if (!hasAnybody(admission, calls) && nowMs >= doneMs) return;
  calls.endAll();
  await sleep(clock, AFTERMATH_MS);
}

function hasAnybody(admission: Admission, calls: LiveCalls): boolean {
  return calls.active > 0 || admission.inUse > 0;
}
