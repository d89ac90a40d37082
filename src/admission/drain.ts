import { type Clock, sleep } from "../util/clock.ts";
import type { Admission } from "./admission.ts";

/** How often a drain checks whether the last call has ended. */
const LOOK_EVERY_MS = 100;

/**
 * Within this time Twilio asks what follows a stream. The server stays to answer: calls that lost their agent
 * get their fallback.
 */
export const AFTERMATH_MS = 3_000;

/** What a drain needs to know and do of the live calls. */
export interface DrainedCalls {
  readonly active: number;
  endAll(): void;
}

/**
 * Refuses new calls and waits at most `seconds` for the calls that have a slot: live ones, those about to
 * connect, and those that left their stream and may return. Then ends the live calls that remain. After the
 * last call it waits another {@link AFTERMATH_MS}, to answer Twilio's last webhooks.
 */
export async function drain(
  admission: Admission,
  calls: DrainedCalls,
  clock: Clock,
  seconds: number,
): Promise<void> {
  admission.drain();
  let nowMs = clock.now();
  const deadlineMs = nowMs + seconds * 1000;
  let doneMs = nowMs;
  while (nowMs < deadlineMs) {
    if (hasCalls(admission, calls)) doneMs = nowMs + AFTERMATH_MS;
    if (nowMs >= doneMs) return;
    await sleep(clock, LOOK_EVERY_MS);
    nowMs = clock.now();
  }
  if (!hasCalls(admission, calls) && nowMs >= doneMs) return;
  calls.endAll();
  await sleep(clock, AFTERMATH_MS);
}

function hasCalls(admission: Admission, calls: DrainedCalls): boolean {
  return calls.active > 0 || admission.inUse > 0;
}
