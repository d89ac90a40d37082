import type { Business, OpeningHours } from "./business.ts";
import { addDays, inZone, weekdayOf } from "./calendar.ts";
import type { OpenSpan } from "./schema/hours_fields.ts";

/** Minutes of a day by the clock. */
export const DAY_MINUTES = 24 * 60;
/** A moment by the clock of a time zone. */
interface WallClock {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly minute: number;
}

/**
 * Whether a business is open at a moment. A span belongs to the day that it begins on, also past midnight.
 *
 * @param epochMs milliseconds since 1970
 */
export function isOpen(hours: OpeningHours, epochMs: number): boolean {
  const { date, minute } = wallClock(hours.timeZone, epochMs);
  return spansOn(hours, date).some((span) => covers(span, minute)) ||
    spansOn(hours, addDays(date, -1)).some((span) => covers(span, minute + DAY_MINUTES));
}

/** When it is open on a date. */
export function spansOn({ days, week }: OpeningHours, date: string): readonly OpenSpan[] {
  return days[date] ?? week[weekdayOf(date)];
}

/** The time zone that a business lives by. */
export function timeZoneOf({ timeZone, hours }: Pick<Business, "timeZone" | "hours">): string {
  return timeZone ?? hours?.timeZone ?? "UTC";
}

/** Versions of businesses for calls after hours. */
const closed = new WeakMap<Business, Business>();

/**
 * The business as its callers find it at a moment: after hours its instructions say that it is closed. The
 * same object each time, so that its calls share what is made for a business.
 */
export function businessAt(business: Business, epochMs: number): Business {
  const { hours } = business;
  if (hours?.afterHours.action !== "answer" || isOpen(hours, epochMs)) return business;
  let version = closed.get(business);
  if (version === undefined) {
    const instructions = `${business.instructions}\n\n${hours.afterHours.instructions}`;
    closed.set(business, version = Object.freeze({ ...business, instructions }));
  }
  return version;
}

/** The date (`YYYY-MM-DD`) of a moment in a time zone. */
export function localDate(timeZone: string, epochMs: number): string {
  return wallClock(timeZone, epochMs).date;
}

/** When the day of a moment began in a time zone, in milliseconds since 1970. */
export function startOfDay(timeZone: string, epochMs: number): number {
  return inZone(timeZone, epochMs).startOfDay().epochMilliseconds;
}

function covers({ fromMinute, toMinute }: OpenSpan, minute: number): boolean {
  return fromMinute <= minute && minute < toMinute;
}

/** What a clock on the wall shows in a time zone. */
export function wallClock(timeZone: string, epochMs: number): WallClock {
  const moment = inZone(timeZone, epochMs);
  return { date: moment.toPlainDate().toString(), minute: moment.hour * 60 + moment.minute };
}
