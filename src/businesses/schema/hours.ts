import * as v from "valibot";
import { DEFAULT_BUSINESS } from "../business.ts";
import { flag, list, MAX_HINT_CHARS, object, pattern, spoken, telephone, text } from "./forms.ts";

/** Days as a file names them, Monday first. */
export const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

/** Told to the model after hours when the file does not say what. */
export const DEFAULT_CLOSED_INSTRUCTIONS =
  "The business is closed now. Say so, tell the opening hours if you know them, and offer to take a message.";

/** Most days a year ahead that differ from their weekday. */
const MAX_DAYS = 400;

const CLOCK_TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d";
const SPANS = v.pipe(
  list(
    pattern(
      new RegExp(`^${CLOCK_TIME}-(?:${CLOCK_TIME}|24:00)$`),
      "must be HH:MM-HH:MM, such as 08:00-17:30; one that ends earlier than it begins lasts past midnight",
    ),
    "a list of times such as 08:00-17:30",
    10,
  ),
  v.description("When it is open on that day. An empty list: not at all."),
);

const timeZone = v.pipe(
  text(64),
  v.check(isTimeZone, "must be an IANA time zone such as Europe/Berlin"),
  v.description("IANA time zone, such as Europe/Berlin."),
);

const AFTER_HOURS = v.variant(
  "action",
  [
    object({
      action: v.literal("answer", "must be answer"),
      instructions: v.optional(
        v.pipe(text(MAX_HINT_CHARS), v.description("Told to the model beside its instructions.")),
        DEFAULT_CLOSED_INSTRUCTIONS,
      ),
    }),
    object({
      action: v.literal("say", "must be say"),
      words: v.pipe(spoken(), v.description("Spoken by Twilio; no model is called.")),
      forwardTo: v.optional(v.pipe(telephone(), v.description("Dialled after the words."))),
      voicemail: v.optional(
        v.pipe(flag(), v.description("Records a message, when nobody is dialled or nobody answered.")),
        DEFAULT_BUSINESS.fallback.voicemail,
      ),
    }),
  ],
  ({ path }) =>
    path?.at(-1)?.key === "action"
      ? "must be answer or say"
      : "must be an object of action (answer or say) and its fields",
);

/** `hours` of a business file. */
export const HOURS = v.pipe(
  object({
    timeZone,
    week: v.pipe(
      object({
        monday: v.optional(SPANS, []),
        tuesday: v.optional(SPANS, []),
        wednesday: v.optional(SPANS, []),
        thursday: v.optional(SPANS, []),
        friday: v.optional(SPANS, []),
        saturday: v.optional(SPANS, []),
        sunday: v.optional(SPANS, []),
      }),
      v.description("A day that is left out is closed."),
    ),
    days: v.optional(
      v.pipe(
        v.record(
          v.pipe(v.string(), v.check(isDate, "must be a date such as 2027-12-24")),
          SPANS,
          "must be an object of dates and their times",
        ),
        v.maxEntries(MAX_DAYS, `must have at most ${MAX_DAYS} dates`),
        v.description("Dates that differ from their weekday, such as holidays."),
      ),
      {},
    ),
    afterHours: v.optional(
      v.pipe(AFTER_HOURS, v.description("What callers find when it is closed: the model, or words.")),
      { action: "answer" },
    ),
  }),
  v.description("When the business is open. Without it, it always is."),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
