import * as v from "valibot";
import { ENGLISH_WORDS } from "../own_words.ts";
import {
  amount,
  byKey,
  fields,
  flag,
  list,
  MAX_HINT_CHARS,
  notes,
  oneName,
  OWN,
  pattern,
  setting,
  spoken,
  telephone,
  text,
  wholeNumber,
} from "./field_forms.ts";

/** The longest that a transfer rings: so long the conversation is kept for one that is not answered. */
const MAX_RING_SECONDS = 75;

function ownOrSpoken() {
  return v.union([spoken(), v.literal(true)], "must be a text of at most 400 characters, or true");
}

/** Somebody a call can be transferred to. */
const TRANSFER = fields({
  name: v.pipe(text(64), v.description("How the model calls them; keys refer to it.")),
  description: setting(text(500, 0), "Tells the model when to transfer there.", ""),
  number: v.pipe(telephone(), v.description("The number to dial; never told to the model.")),
  announcement: setting(
    ownOrSpoken(),
    "Spoken to the caller before it rings; empty says nothing, true our own words.",
    "",
  ),
  whisper: setting(
    ownOrSpoken(),
    "Spoken to the one who answers; empty says nothing, true our own words.",
    "",
  ),
  ringSeconds: setting(wholeNumber(5, MAX_RING_SECONDS, "s"), "How long it rings.", 25),
});

/** `transfers` of a business file. */
export const TRANSFERS = v.pipe(
  list(TRANSFER, "a list of transfer targets", 50),
  v.description("Whom a call can be transferred to."),
);

const KEY_ACTION = v.variant(
  "action",
  [
    fields({
      action: v.pipe(v.literal("transfer", "must be transfer"), v.description("Puts the caller through.")),
      target: v.pipe(text(64), v.description("Name of one of the transfers.")),
    }),
    fields({ action: v.pipe(v.literal("hang_up", "must be hang_up"), v.description("Ends the call.")) }),
    fields({
      action: v.pipe(v.literal("say", "must be say"), v.description("Tells the model something.")),
      text: v.pipe(text(MAX_HINT_CHARS), v.description("Told to the model, as if the caller had said it.")),
    }),
  ],
  byKey(
    "action",
    "must be transfer, hang_up or say",
    "must be an object of action (transfer, hang_up or say) and its fields",
  ),
);

/** `keys` of a business file. */
export const KEYS = v.pipe(
  v.record(
    oneName(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]),
    KEY_ACTION,
    "must be an object of keys and what they do",
  ),
  v.description("What the keys do. A key that is not listed is told to the model as text."),
  notes({ form: "object of `0` to `9`, `*`, `#`", leftOut: "told to the model" }),
);

/** `time` of a business file: in units that people think in, and in milliseconds once it is read. */
export const TIME = v.pipe(
  fields({
    silencePromptSeconds: setting(
      wholeNumber(2, 300, "s"),
      "Silence after which the model asks whether the caller is there.",
      12,
    ),
    silenceGoodbyeSeconds: setting(
      wholeNumber(2, 300, "s"),
      "Further silence after which it says goodbye and hangs up.",
      10,
    ),
    maxCallMinutes: setting(wholeNumber(1, 240, "min"), "The longest call.", 30),
    warnBeforeEndSeconds: setting(wholeNumber(0, 600, "s"), "How long before that the caller is warned.", 60),
    answerWithinSeconds: setting(
      wholeNumber(2, 60, "s"),
      "When the model shows no sign of an answer by then, it is asked again; after about twice that (at least 5 s) the caller gets the fallback.",
      5,
    ),
    connectWithinSeconds: setting(
      wholeNumber(2, 60, "s"),
      "How long the model may take to be reached, at the start and again when its connection is lost; then the caller gets the fallback.",
      8,
    ),
  }),
  v.description("How long things may take in a call."),
  v.transform((time) => ({
    silencePromptAfterMs: time.silencePromptSeconds * 1000,
    silenceGoodbyeAfterMs: time.silenceGoodbyeSeconds * 1000,
    maxCallMs: time.maxCallMinutes * 60_000,
    warnBeforeEndMs: time.warnBeforeEndSeconds * 1000,
    answerWithinMs: time.answerWithinSeconds * 1000,
    connectWithinMs: time.connectWithinSeconds * 1000,
  })),
);

/** `limits` of a business file. */
export const LIMITS = v.pipe(
  fields({
    callsAtOnce: setting(wholeNumber(1, 100_000), "Further callers hear the busy words."),
    minutesPerDay: setting(
      wholeNumber(1, 1_000_000, "min a day"),
      "Minutes of calls a day; then callers hear the busy words.",
    ),
    costPerDayUsd: setting(
      amount(0.01, 1_000_000, "USD a day"),
      "What its calls may cost at OpenAI a day, in USD; then callers hear the busy words.",
    ),
    costPerCallUsd: setting(
      amount(0.01, 10_000, "USD a call"),
      "What one call may cost at OpenAI, in USD, where the model's price is known.",
      10,
    ),
  }),
  v.description(
    "How much the business may take. A call under way that reaches a limit ends with a goodbye. A day is that of its time zone.",
  ),
);

const DESTINATION_WANTED = 'must be "own country" or the beginning of numbers in E.164, such as +49';

/** `outbound` of a business file. */
export const OUTBOUND = v.pipe(
  fields({
    to: setting(
      list(
        pattern(
          /^(?:own country|\+[1-9]\d{0,14})$/,
          DESTINATION_WANTED,
          "`own country`, or a prefix in E.164",
        ),
        "a list of prefixes",
        200,
      ),
      "Whom it may call: own country, by the number that calls, or prefixes such as +49. Premium and satellite numbers need a prefix of their own, such as +49900 or +881.",
      () => [],
    ),
    callsPerMinute: setting(wholeNumber(1, 1_000), "Calls that it may place a minute.", 10),
    callsPerDay: setting(wholeNumber(1, 1_000_000), "Calls that it may place a day.", 500),
    costPerDayUsd: setting(
      amount(0.01, 1_000_000, "USD a day"),
      "What the calls that it places may cost at OpenAI a day; Twilio's price is not known here.",
      100,
    ),
  }),
  v.description("Whom the business may call, and how often. Without it, nobody."),
);

/** `fallback` of a business file. */
export const FALLBACK = v.pipe(
  fields({
    words: setting(spoken(), "Spoken first.", ENGLISH_WORDS.fallback, OWN),
    forwardTo: setting(telephone(), "Dialled after the words."),
    voicemail: setting(flag(), "Records a message, when nobody is dialled or nobody answered.", false),
  }),
  v.description("What the caller gets when the model cannot be had."),
);

/** Most times that a caller is asked to wait. */
const MAX_TRIES = 60;

/** `whenBusy` of a business file. */
export const WHEN_BUSY = v.pipe(
  fields({
    tries: setting(wholeNumber(0, MAX_TRIES), "How often the caller waits for a free line first.", 0),
    retrySeconds: setting(wholeNumber(1, 60, "s"), "How long each time.", 10),
    waitWords: setting(spoken(), "Spoken each time.", ENGLISH_WORDS.wait, OWN),
    forwardTo: setting(
      v.nullable(telephone()),
      "Dialled after busyWords; by default whom the fallback dials; null: nobody.",
      undefined,
      { leftOut: "`fallback.forwardTo`" },
    ),
  }),
  v.description("What becomes of callers when no call can be taken, before and after they hear busyWords."),
);
