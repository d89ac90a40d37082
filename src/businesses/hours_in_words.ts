import type { OpeningHours } from "./business.ts";
import { DAY_MINUTES, isOpen, spansOn, wallClock } from "./opening_hours.ts";
import { addDays, WEEKDAY_NAMES, weekdayOf } from "./calendar.ts";
import type { OpenSpan } from "./schema/hours_fields.ts";

/** Most dates that differ which are told; a year of holidays has about 15. */
const MAX_DATES = 20;
/** How far ahead it is looked for when the business opens again. */
const MAX_DAYS_AHEAD = 400;

/**
 * A business's opening hours as the model is told them: the week, the dates to come that differ from it, and
 * whether it is open at a moment, until when, or when it opens next. Times are those of the clock of
 * `hours.timeZone`.
 */
export function hoursInWords(hours: OpeningHours, epochMs: number): string[] {
  const { date } = wallClock(hours.timeZone, epochMs);
  const dates = Object.keys(hours.days).filter((day) => day >= date).sort();
  const differing = dates.slice(0, MAX_DATES).map((day) =>
    `${dayInWords(day)} ${spansInWords(hours.days[day])}`
  );
  const more = dates.length - differing.length;
  return [
    `Opening hours: ${weekInWords(hours)}.`,
    ...differing.length > 0
      ? [`Dates that differ: ${differing.join("; ")}${more > 0 ? `; and ${more} later ones` : ""}.`]
      : [],
    stateInWords(hours, epochMs),
  ];
}

/** A date with its weekday, such as `Friday 2027-12-24`. @param date `YYYY-MM-DD` */
export function dayInWords(date: string): string {
  return `${WEEKDAY_NAMES[weekdayOf(date)]} ${date}`;
}

/** Days in a row with the same hours are told together. */
function weekInWords({ week }: OpeningHours): string {
  const texts = week.map(spansInWords);
  const parts: string[] = [];
  for (let first = 0; first < texts.length;) {
    let last = first;
    while (texts[last + 1] === texts[first]) last++;
    const days = last === first
      ? WEEKDAY_NAMES[first]
      : `${WEEKDAY_NAMES[first]} ${last === first + 1 ? "and" : "to"} ${WEEKDAY_NAMES[last]}`;
    parts.push(`${days} ${texts[first]}`);
    first = last + 1;
  }
  return parts.join("; ");
}

function spansInWords(spans: readonly OpenSpan[]): string {
  if (spans.length === 0) return "closed";
  return spans.map(({ fromMinute, toMinute }) =>
    `${timeOf(fromMinute)} to ${timeOf(toMinute)}${toMinute > DAY_MINUTES ? " the next day" : ""}`
  ).join(" and ");
}

function stateInWords(hours: OpeningHours, epochMs: number): string {
  const { date, minute } = wallClock(hours.timeZone, epochMs);
  const open = isOpen(hours, epochMs);
  const change = nextChange(hours, date, minute, open);
  if (change === undefined) {
    return open
      ? "The business is open now, and does not close."
      : "The business is closed now, and no opening is known.";
  }
  // 24:00 belongs to the day that it ends.
  const offset = Math.floor((open ? change - 1 : change) / DAY_MINUTES);
  const at = timeOf(change - offset * DAY_MINUTES);
  const day = dayInWords(addDays(date, offset));
  const when = offset === 0 ? `today at ${at}` : `${offset === 1 ? "tomorrow, " : ""}${day}, at ${at}`;
  return open
    ? `The business is open now, and closes ${when}.`
    : `The business is closed now, and opens next ${when}.`;
}

/**
 * When it opens or closes next, in minutes since the midnight that `date` began with; undefined when it does
 * not.
 */
function nextChange(hours: OpeningHours, date: string, minute: number, open: boolean): number | undefined {
  let until = minute;
  for (let day = -1; day <= MAX_DAYS_AHEAD; day++) {
    const spans = spansOn(hours, addDays(date, day)).toSorted((a, b) => a.fromMinute - b.fromMinute);
    for (const { fromMinute, toMinute } of spans) {
      const [from, to] = [fromMinute + day * DAY_MINUTES, toMinute + day * DAY_MINUTES];
      if (open && from <= until) until = Math.max(until, to);
      if (!open && from > minute) return from;
    }
    if (open && day >= 0 && until < (day + 1) * DAY_MINUTES) return until;
  }
  return undefined;
}

/** `HH:MM` of a minute since midnight; a day's end is 24:00. */
function timeOf(minute: number): string {
  const within = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
  return `${String(Math.floor(within / 60)).padStart(2, "0")}:${String(within % 60).padStart(2, "0")}`;
}
