import * as v from "valibot";
import { inZone } from "../calendar.ts";
import { ENGLISH_WORDS } from "../own_words.ts";
import {
  byKey,
  fields,
  flag,
  list,
  MAX_HINT_CHARS,
  notes,
  OWN,
  pattern,
  setting,
  spoken,
  telephone,
  text,
} from "./field_forms.ts";

/**
 * From and until, in minutes since the midnight that the day began with; `toMinute` may lie in the next day.
 */
export interface OpenSpan {
  readonly fromMinute: number;
  readonly toMinute: number;
}

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
  v.transform((texts) => texts.map(openSpan)),
);

/** `timeZone` of a business file, and of its hours. */
export const TIME_ZONE = v.pipe(
  text(64),
  notes({ form: "IANA name" }),
  v.check(isTimeZone, "must be an IANA time zone such as Europe/Berlin"),
  v.description("IANA time zone, such as Europe/Berlin."),
);

const AFTER_HOURS = v.variant(
  "action",
  [
    fields({
      action: v.pipe(
        v.literal("answer", "must be answer"),
        v.description("The model takes the call and is told that the business is closed."),
      ),
      instructions: setting(
        text(MAX_HINT_CHARS),
        "Told to the model beside its instructions.",
        DEFAULT_CLOSED_INSTRUCTIONS,
      ),
    }),
    fields({
      action: v.pipe(v.literal("say", "must be say"), v.description("No model is called.")),
      words: setting(spoken(), "Spoken by Twilio; no model is called.", ENGLISH_WORDS.closed, OWN),
      forwardTo: setting(telephone(), "Dialled after the words."),
      voicemail: setting(flag(), "Records a message, when nobody is dialled or nobody answered.", false),
    }),
  ],
  byKey("action", "must be answer or say", "must be an object of action (answer or say) and its fields"),
);

/** `hours` of a business file. */
export const HOURS = v.pipe(
  fields({
    timeZone: TIME_ZONE,
    week: v.pipe(
      fields(v.entriesFromList(
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        v.optional(SPANS, []),
      )),
      v.description("A day that is left out is closed."),
      notes({ form: 'for `monday` to `sunday` a list such as `["08:00-17:30"]`' }),
      // The schema puts the days in its own order.
      v.transform((week): OpenSpan[][] => Object.values(week)),
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
        notes({ form: "for dates such as `2027-12-24` a list of times", leftOut: "none" }),
      ),
      {},
    ),
    afterHours: setting(AFTER_HOURS, "What callers find when it is closed: the model, or words.", {
      action: "answer",
    }),
  }),
  v.description("When the business is open. Without it, it always is."),
  notes({ leftOut: "always open" }),
);

/** @param text `HH:MM-HH:MM`; a span that ends no later than it begins lasts past midnight */
function openSpan(text: string): OpenSpan {
  const [fromMinute, toMinute] = text.split("-").map((time) => {
    const [hour, minute] = time.split(":").map(Number);
    return hour * 60 + minute;
  });
  return { fromMinute, toMinute: toMinute > fromMinute ? toMinute : toMinute + 24 * 60 };
}

/** A name or an offset. `Temporal` would take a whole date that has one, too. */
const TIME_ZONE_FORM = /^(?:[a-z]{2}[\w+/-]*|[+-]\d\d(?::?\d\d)?)$/i;

function isTimeZone(name: string): boolean {
  if (!TIME_ZONE_FORM.test(name)) return false;
  try {
    return inZone(name, 0) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
