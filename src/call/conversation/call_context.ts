import { addDays, inZone, MONTH_NAMES, WEEKDAY_NAMES } from "../../businesses/calendar.ts";
import { dayInWords, hoursInWords } from "../../businesses/hours_in_words.ts";
import { timeZoneOf } from "../../businesses/opening_hours.ts";
import { type ItemCreate, textItem } from "../../model/events.ts";
import { callableNumber, isWithheld } from "../../util/callable_number.ts";
import { shorten } from "../../util/cut_text.ts";
import type { CallInfo } from "../call_summary.ts";

/** The days after today that are named with their dates: one for each weekday, and "a week from today". */
const DAYS_NAMED = 7;
/** Longest address of a caller that is no number, in characters. */
const MAX_CALLER_CHARS = 100;
/** Earlier calls are counted up to here. */
export const MAX_EARLIER_CALLS = 100;

/** How the context begins, by which it is known among other items. */
export const CONTEXT_HEAD = "About this call, from the telephone system. The caller did not say this.";

/**
 * What the model is told of a call at the start of each session: when and where it is, the opening hours, and
 * who calls. A model knows none of that by itself, and takes the end of its training for today. An item and
 * not instructions, which stay the same from call to call and are cached. Undefined where the business does
 * not want it.
 *
 * @param epochMs now
 */
export function callContext(info: CallInfo, epochMs: number): ItemCreate | undefined {
  const { business } = info;
  if (!business.callContext) return undefined;
  const { hours } = business;
  const lines = [
    ...timeInWords(timeZoneOf(business), epochMs),
    ...hours ? hoursInWords(hours, epochMs) : [],
    ...callerInWords(info),
  ];
  return textItem("system", [CONTEXT_HEAD, ...lines].join("\n- "));
}

function timeInWords(timeZone: string, epochMs: number): string[] {
  const moment = inZone(timeZone, epochMs);
  const date = moment.toPlainDate().toString();
  const inFull = `${WEEKDAY_NAMES[moment.dayOfWeek - 1]}, ${moment.day} ${MONTH_NAMES[moment.month - 1]} ` +
    `${moment.year} at ${moment.toPlainTime().toString({ smallestUnit: "minute" })}`;
  const ahead = Array.from({ length: DAYS_NAMED }, (_, index) => dayInWords(addDays(date, index + 1)));
  return [
    `When this was written, it was ${inFull} in the time zone ${timeZone} (${utcOffset(moment)}). ` +
    "Times in this call are those of that time zone.",
    `Today is ${dayInWords(date)}, tomorrow is ${ahead[0]}; then come ${ahead.slice(1).join(", ")}.`,
  ];
}

function utcOffset({ offset }: Temporal.ZonedDateTime): string {
  return offset === "+00:00" ? "UTC" : `UTC${offset}`;
}

function callerInWords({ from, to, isOutbound, earlierCalls }: CallInfo): string[] {
  return [
    isOutbound
      ? `This call was placed for the business, from ${from} to ${to}: whoever answers has not called.`
      : `${callerOf(from)} The number called is ${to}.`,
    ...earlierCalls === undefined
      ? []
      : [`Earlier calls with this number on record: ${countOf(earlierCalls)}.`],
  ];
}

function callerOf(from: string): string {
  if (callableNumber(from) !== undefined) return `The caller calls from ${from}.`;
  const known = isWithheld(from)
    ? "The caller's number is withheld."
    : `The caller calls from ${
      JSON.stringify(shorten(from, MAX_CALLER_CHARS))
    }, which is no telephone number.`;
  return `${known} No number is known to call back: ask for one where it is needed.`;
}

function countOf(earlierCalls: number): string {
  if (earlierCalls === 0) return "none";
  return earlierCalls < MAX_EARLIER_CALLS ? String(earlierCalls) : `${MAX_EARLIER_CALLS} or more`;
}
