/**
 * The `CallStatus` values after which nothing more happens to a call. The others are queued, initiated, ringing and
 * in-progress. Source: Twilio docs "Call resource".
 */
const FINAL: readonly string[] = ["completed", "busy", "no-answer", "failed", "canceled"];

/** Whether a call with this status is over. False for a status that Twilio did not have when this was written. */
export function isFinalStatus(callStatus: string): boolean {
  return FINAL.includes(callStatus);
}
