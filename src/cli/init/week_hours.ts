import type { WeekHours } from "./starter_business.ts";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const FORM = 'days and times, such as "mon-fri 8-12 13-17:30, sat 9-12", or "always"';

/**
 * Opening hours as people write them: days, or a range of days, and the times that they are open, groups
 * divided by commas. `always` has no hours.
 *
 * @returns what is wanted where the text is none
 */
export function readWeekHours(text: string): WeekHours | "always" | { problem: string } {
  if (text.trim().toLowerCase() === "always") return "always";
  const week: Record<string, string[]> = {};
  for (const group of text.split(/[,;]/)) {
    const [days, ...times] = group.trim().split(/\s+/);
    const open = daysOf(days);
    const spans = times.map(readSpan);
    if (open === undefined || spans.length === 0 || spans.includes(undefined)) {
      return { problem: `must be ${FORM}` };
    }
    for (const day of open) (week[day] ??= []).push(...spans as string[]);
  }
  return Object.fromEntries(DAYS.filter((day) => day in week).map((day) => [day, week[day]]));
}

/** The same the other way round, such as `mon-fri 8-12 13-17:30, sat 9-12`. */
export function weekHoursText(week: WeekHours): string {
  const groups: { first: string; last: string; times: string }[] = [];
  for (const [index, day] of DAYS.entries()) {
    const times = (week[day] ?? []).map(shortSpan).join(" ");
    if (times === "") continue;
    const group = groups.at(-1);
    if (group && group.last === DAYS[index - 1] && group.times === times) group.last = day;
    else groups.push({ first: day, last: day, times });
  }
  const short = (day: string) => day.slice(0, 3);
  return groups.map(({ first, last, times }) =>
    `${short(first)}${first === last ? "" : `-${short(last)}`} ${times}`
  ).join(", ");
}

/** `08:00-17:30` as `8-17:30`. */
function shortSpan(span: string): string {
  return span.split("-").map((time) => time.replace(/^0(?=\d)/, "").replace(/:00$/, "")).join("-");
}

/** Such as `mon`, `mon-fri`, `sat-mon` or `daily`. Undefined for what names no day. */
function daysOf(text: string): readonly string[] | undefined {
  if (text.toLowerCase() === "daily") return DAYS;
  const named = text.split(/[-–]/).map(dayOf);
  if (named.length > 2 || named.includes(undefined)) return undefined;
  const [first, last = first] = named as number[];
  const count = (last - first + DAYS.length) % DAYS.length + 1;
  return Array.from({ length: count }, (_, index) => DAYS[(first + index) % DAYS.length]);
}

function dayOf(text: string): number | undefined {
  const name = text.toLowerCase();
  const index = DAYS.findIndex((day) => name.length >= 3 && day.startsWith(name));
  return index < 0 ? undefined : index;
}

/** Such as `8-12` or `13:00-17:30`, as `08:00-12:00`. */
function readSpan(text: string): string | undefined {
  const times = text.split(/[-–]/).map((time) => {
    const [, hour, minute = "00"] = /^(\d{1,2})(?::(\d{2}))?$/.exec(time) ?? [];
    if (hour === undefined || Number(minute) > 59) return undefined;
    return `${hour.padStart(2, "0")}:${minute}`;
  });
  const [from, to] = times;
  if (times.length !== 2 || from === undefined || to === undefined || from > "23:59" || to > "24:00") {
    return undefined;
  }
  return `${from}-${to}`;
}
