import type { LiveCalls } from "../call/live_calls.ts";
import { type Clock, sleep } from "../util/clock.ts";
import type { Admission } from "./admission.ts";

/** How often a drain looks whether the last call has ended. */
const LOOK_EVERY_MS = 100;

/** Twilio asks what comes after a stream within this; the answer is the fallback of the calls that were ended. */
export const AFTERMATH_MS = 3_000;

/** Takes no new calls, waits for the live ones for at most `seconds`, then ends those that are left and stays to answer for them. */
export async function drain(
  admission: Admission,
  calls: LiveCalls,
  clock: Clock,
  seconds: number,
): Promise<void> {
  admission.drain();
  const deadlineMs = clock.now() + seconds * 1000;
  while (calls.active > 0 && clock.now() < deadlineMs) await sleep(clock, LOOK_EVERY_MS);
  if (calls.active === 0) return;
  calls.endAll();
  await sleep(clock, AFTERMATH_MS);
}
