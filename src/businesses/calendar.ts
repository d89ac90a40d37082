/** English names of the days; weeks begin on Monday. */
export const WEEKDAY_NAMES = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** English names of the months. */
export const MONTH_NAMES = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

const DAY_MS = 24 * 60 * 60_000;

/**
 * The date so many days later.
 * @param date `YYYY-MM-DD`, whatever the time zone: every date has the next one
 */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The weekday of a date; 0 is Monday. */
export function weekdayOf(date: string): number {
  return (new Date(date).getUTCDay() + 6) % 7;
}

/**
 * A moment in a time zone. By `Temporal`: its first use takes 0.2 MB, and that of a formatter of `Intl` 1.7.
 *
 * @param timeZone as the IANA names it
 * @param epochMs milliseconds since 1970; a part of one is left out
 */
export function inZone(timeZone: string, epochMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(timeZone);
}
