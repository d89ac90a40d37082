import * as v from "valibot";
import {
  amount,
  flag,
  list,
  MAX_HINT_CHARS,
  notes,
  object,
  oneOf,
  spoken,
  telephone,
  text,
  whole,
} from "./field_forms.ts";

/** The longest that a transfer rings: so long the conversation is kept for one that is not answered. */
const MAX_RING_SECONDS = 75;

/** Somebody a call can be transferred to. */
const TRANSFER = object({
  name: v.pipe(text(64), v.description("How the model calls them; keys refer to it.")),
  description: v.optional(v.pipe(text(500, 0), v.description("Tells the model when to transfer there.")), ""),
  number: v.pipe(telephone(), v.description("The number to dial; never told to the model.")),
  announcement: v.optional(
    v.pipe(spoken(), v.description("Spoken to the caller before it rings; empty says nothing.")),
    "",
  ),
  whisper: v.optional(
    v.pipe(spoken(), v.description("Spoken to the one who answers; empty says nothing.")),
    "",
  ),
  ringSeconds: v.optional(v.pipe(whole(5, MAX_RING_SECONDS, "s"), v.description("How long it rings.")), 25),
});

/** `transfers` of a business file. */
export const TRANSFERS = v.pipe(
  list(TRANSFER, "a list of transfer targets", 50),
  v.description("Whom a call can be transferred to."),
);

const KEY_ACTION = v.variant(
  "action",
  [
    object({
      action: v.pipe(v.literal("transfer", "must be transfer"), v.description("Puts the caller through.")),
      target: v.pipe(text(64), v.description("Name of one of the transfers.")),
    }),
    object({ action: v.pipe(v.literal("hang_up", "must be hang_up"), v.description("Ends the call.")) }),
    object({
      action: v.pipe(v.literal("say", "must be say"), v.description("Tells the model something.")),
      text: v.pipe(text(MAX_HINT_CHARS), v.description("Told to the model, as if the caller had said it.")),
    }),
  ],
  ({ path }) =>
    path?.at(-1)?.key === "action"
      ? "must be transfer, hang_up or say"
      : "must be an object of action (transfer, hang_up or say) and its fields",
);

/** `keys` of a business file. */
export const KEYS = v.pipe(
  v.record(
    oneOf(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]),
    KEY_ACTION,
    "must be an object of keys and what they do",
  ),
  v.description("What the keys do. A key that is not listed is told to the model as text."),
  notes({ form: "object of `0` to `9`, `*`, `#`", leftOut: "told to the model" }),
);

/** `time` of a business file: in units that people think in, and in milliseconds once it is read. */
export const TIME = v.pipe(
  object({
    silencePromptSeconds: v.optional(
      v.pipe(
        whole(2, 300, "s"),
        v.description("Silence after which the model asks whether the caller is there."),
      ),
      12,
    ),
    silenceGoodbyeSeconds: v.optional(
      v.pipe(whole(2, 300, "s"), v.description("Further silence after which it says goodbye and hangs up.")),
      10,
    ),
    maxCallMinutes: v.optional(
      v.pipe(whole(1, 240, "min"), v.description("The longest call.")),
      30,
    ),
    warnBeforeEndSeconds: v.optional(
      v.pipe(whole(0, 600, "s"), v.description("How long before that the caller is warned.")),
      60,
    ),
    answerWithinSeconds: v.optional(
      v.pipe(
        whole(2, 60, "s"),
        v.description("When the model has not begun to answer by then, it is asked again."),
      ),
      6,
    ),
  }),
  v.description("How long things may take in a call."),
  v.transform((time) => ({
    silencePromptAfterMs: time.silencePromptSeconds * 1000,
    silenceGoodbyeAfterMs: time.silenceGoodbyeSeconds * 1000,
    maxCallMs: time.maxCallMinutes * 60_000,
    warnBeforeEndMs: time.warnBeforeEndSeconds * 1000,
    answerWithinMs: time.answerWithinSeconds * 1000,
  })),
);

/** `limits` of a business file. */
export const LIMITS = v.pipe(
  object({
    callsAtOnce: v.optional(v.pipe(whole(1, 100_000), v.description("Further callers hear the busy words."))),
    minutesPerDay: v.optional(
      v.pipe(
        whole(1, 1_000_000, "min a day"),
        v.description("Minutes of calls a day; then callers hear the busy words."),
      ),
    ),
    costPerDayUsd: v.optional(
      v.pipe(
        amount(0.01, 1_000_000, "USD a day"),
        v.description("What its calls may cost at OpenAI a day, in USD; then callers hear the busy words."),
      ),
    ),
  }),
  v.description(
    "How much the business may take. Calls under way are never cut. A day is that of its time zone.",
  ),
);

/** `fallback` of a business file. */
export const FALLBACK = v.pipe(
  object({
    words: v.optional(
      v.pipe(spoken(), v.description("Spoken first.")),
      "Sorry, we cannot take your call right now. Please try again in a few minutes. Goodbye.",
    ),
    forwardTo: v.optional(v.pipe(telephone(), v.description("Dialled after the words."))),
    voicemail: v.optional(
      v.pipe(flag(), v.description("Records a message, when nobody is dialled or nobody answered.")),
      false,
    ),
  }),
  v.description("What the caller gets when the model cannot be had."),
);

/** Most times that a caller is asked to wait. */
const MAX_TRIES = 60;

/** `whenBusy` of a business file. */
export const WHEN_BUSY = v.pipe(
  object({
    tries: v.optional(
      v.pipe(whole(0, MAX_TRIES), v.description("How often the caller waits for a free line first.")),
      0,
    ),
    retrySeconds: v.optional(
      v.pipe(whole(1, 60, "s"), v.description("How long each time.")),
      10,
    ),
    waitWords: v.optional(
      v.pipe(spoken(), v.description("Spoken each time.")),
      "All our lines are busy right now. Please hold.",
    ),
    forwardTo: v.optional(
      v.pipe(
        v.nullable(telephone()),
        v.description("Dialled after busyWords; by default whom the fallback dials; null: nobody."),
        notes({ leftOut: "`fallback.forwardTo`" }),
      ),
    ),
  }),
  v.description("What becomes of callers when no call can be taken, before and after they hear busyWords."),
);
