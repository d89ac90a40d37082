import type { Business, OpeningHours } from "./business.ts";
import type { OpenSpan } from "./schema/hours_fields.ts";

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
const WEEKDAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** A moment by the clock of a time zone. */
interface WallClock {
  /** `YYYY-MM-DD`. */
  date: string;
  /** 0 is Monday. */
  weekday: number;
  minute: number;
}

/**
 * Whether a business is open at a moment. A span belongs to the day that it begins on, also past midnight.
 *
 * @param epochMs milliseconds since 1970
 */
export function isOpen(hours: OpeningHours, epochMs: number): boolean {
  const { date, weekday, minute } = wallClock(hours.timeZone, epochMs);
  const today = hours.days[date] ?? hours.week[weekday];
  const yesterday = hours.days[dayBefore(date)] ?? hours.week[(weekday + 6) % 7];
  return today.some((span) => covers(span, minute)) ||
    yesterday.some((span) => covers(span, minute + DAY_MINUTES));
}

/** Versions of businesses for calls after hours. */
const closed = new WeakMap<Business, Business>();

/**
 * The business as its callers find it at a moment: after hours its instructions say that it is closed. The same object each
 * time, so that its calls share what is made for a business.
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
  const { date, minute } = wallClock(timeZone, epochMs);
  const startMs = epochMs - epochMs % MINUTE_MS - minute * MINUTE_MS;
  // If the clocks were changed since midnight, this is some time before or after it.
  const found = wallClock(timeZone, startMs);
  return startMs + (found.date === date ? -found.minute : DAY_MINUTES - found.minute) * MINUTE_MS;
}

function covers({ fromMinute, toMinute }: OpenSpan, minute: number): boolean {
  return fromMinute <= minute && minute < toMinute;
}

function wallClock(timeZone: string, epochMs: number): WallClock {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const { year, month, day, weekday, hour, minute } = Object.fromEntries(
    format.formatToParts(epochMs).map(({ type, value }) => [type, value]),
  );
  return {
    date: `${year}-${month}-${day}`,
    weekday: WEEKDAYS.indexOf(weekday),
    minute: Number(hour) * 60 + Number(minute),
  };
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10);
}
