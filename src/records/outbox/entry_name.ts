import type { CallRecord } from "../call_record.ts";

/** Digits of a Unix time in milliseconds, so that names sort by time; enough for 30,000 years. */
const TIME_DIGITS = 15;
/** What can stand in a file's name. A call that is named otherwise is not found by its name. */
const CALL_SID = /^[A-Za-z0-9]{1,64}$/;

/**
 * Name of a record's file in the outbox: when it was written, an id that stays its own for good, the
 * business, and the call. It sorts by time.
 *
 * @param id letters, digits and dashes: what a webhook knows the record by, however often it is sent
 */
export function entryName(
  epochMs: number,
  id: string,
  { business, callSid }: Pick<CallRecord, "business" | "callSid">,
): string {
  const time = String(Math.floor(epochMs)).padStart(TIME_DIGITS, "0");
  return `${[time, id, business, ...CALL_SID.test(callSid) ? [callSid] : []].join("_")}.json`;
}

/** Unix time in milliseconds. 0 for a name that is not ours, which makes it old. */
export function writtenAtMs(name: string): number {
  return Number.parseInt(name) || 0;
}

/** The id within the name. */
export function entryId(name: string): string {
  return partsOf(name)[1] ?? name;
}

/** The business within the name. */
export function entryBusiness(name: string): string {
  return partsOf(name)[2] ?? "";
}

/** The call within the name; undefined where it is not told. */
export function entryCall(name: string): string | undefined {
  return partsOf(name)[3];
}

function partsOf(name: string): string[] {
  return name.replace(/\.json$/, "").split("_");
}
