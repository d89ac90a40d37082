import * as v from "valibot";
import { ENGLISH_WORDS } from "../own_words.ts";
import { FALLBACK, KEYS, LIMITS, OUTBOUND, TIME, TRANSFERS, WHEN_BUSY } from "./call_fields.ts";
import {
  fields,
  fileBeside,
  flag,
  language,
  list,
  notes,
  oneName,
  OWN,
  pattern,
  setting,
  spoken,
  telephone,
  text,
} from "./field_forms.ts";
import { HOURS, TIME_ZONE } from "./hours_fields.ts";
import { RECORDS } from "./record_fields.ts";
import {
  ANSWERS,
  GREETING,
  HOLD_WORDS,
  NOISE_REDUCTION,
  SAY,
  TRANSCRIPTION,
  TRUNCATION,
  TURNS,
  VOICE,
} from "./speech_fields.ts";
import { KNOWLEDGE, LOOKUP, TOOLS, VARIABLES } from "./tool_fields.ts";

/** Longest instructions, in characters. */
export const MAX_INSTRUCTIONS_CHARS = 64_000;
/** The form of a business's id. */
export const BUSINESS_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** A name in the form of an id: `Acme Dental` is `acme-dental`. Empty where it has no letter for that. */
export function toBusinessId(name: string): string {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, 64).replace(/-$/, "");
}

const INSTRUCTIONS_WANTED = `must be a text of 1 to ${MAX_INSTRUCTIONS_CHARS} characters, ` +
  'or {"file": "NAME.md"} with a file beside this one or below';

/**
 * What a business file may hold, with every default and unit; what comes out of it is {@link Business}.
 * Everything but `name`, `numbers` and `instructions` has a default. One that is given as a function stays
 * out of the JSON schema.
 */
export const BUSINESS_FILE = fields({
  $schema: setting(v.string("must be a text"), "For your editor."),
  id: setting(
    pattern(
      BUSINESS_ID,
      "must be 1 to 64 lower-case letters, digits and dashes",
      "lower-case letters, digits, -",
    ),
    "Stable name in records and metrics; by default the file's name.",
    undefined,
    { leftOut: "the file's name" },
  ),
  name: v.pipe(text(200), v.description("As spoken.")),
  numbers: v.pipe(
    list(telephone(), "a list of numbers in E.164 such as +15550100000", 1_000, 1),
    v.description("The Twilio numbers that it answers; outbound calls come from the first."),
  ),
  inService: setting(flag(), "False: callers hear outOfServiceWords, and no call is placed.", true),
  timeZone: v.optional(
    v.pipe(TIME_ZONE, notes({ leftOut: "`hours.timeZone`, else UTC" })),
  ),
  hours: v.optional(HOURS),
  callContext: setting(
    flag(),
    "The model is told date and time, opening hours, who calls, and how often before. False: it is not.",
    true,
  ),
  language: setting(
    language(),
    "The language that the model begins in, and that is expected to be spoken.",
    undefined,
    { leftOut: "the model's choice" },
  ),
  voice: VOICE,
  model: setting(text(100), "Speech model; by default OPENAI_REALTIME_MODEL.", undefined, {
    leftOut: "`OPENAI_REALTIME_MODEL`",
  }),
  audioFormat: setting(
    oneName(["pcm24k", "pcmu"]),
    "24 kHz PCM or the telephone's mu-law untouched; by default AUDIO_FORMAT.",
    undefined,
    { leftOut: "`AUDIO_FORMAT`" },
  ),
  instructions: v.pipe(
    v.union([
      text(MAX_INSTRUCTIONS_CHARS),
      fields({
        file: fileBeside("NAME.md"),
      }),
    ], INSTRUCTIONS_WANTED),
    v.description("What the model is told: a text, or a file beside this one."),
    notes({ form: 'text, or `{"file": "NAME.md"}`' }),
  ),
  variables: v.optional(VARIABLES, () => ({})),
  lookup: v.optional(LOOKUP),
  answers: v.optional(ANSWERS, () => ({})),
  truncation: v.optional(TRUNCATION),
  greeting: v.optional(GREETING, () => ({})),
  turns: v.optional(TURNS, () => ({})),
  noiseReduction: v.optional(NOISE_REDUCTION, () => null),
  transcription: v.optional(TRANSCRIPTION, () => ({})),
  tools: v.optional(TOOLS, () => ({})),
  knowledge: v.optional(KNOWLEDGE, () => null),
  keys: v.optional(KEYS, () => ({})),
  transfers: v.optional(TRANSFERS, () => []),
  time: v.optional(TIME, () => ({})),
  limits: v.optional(LIMITS, () => ({})),
  outbound: v.optional(OUTBOUND, () => ({})),
  fallback: v.optional(FALLBACK, () => ({})),
  records: v.optional(RECORDS, () => ({})),
  busyWords: setting(spoken(), "Spoken when no call can be taken.", ENGLISH_WORDS.busy, OWN),
  whenBusy: v.optional(WHEN_BUSY, () => ({})),
  outOfServiceWords: setting(
    spoken(),
    "Spoken when the business is not in service.",
    ENGLISH_WORDS.outOfService,
    OWN,
  ),
  thanksWords: setting(spoken(), "Spoken when a message has been recorded.", ENGLISH_WORDS.thanks, OWN),
  holdWords: v.optional(HOLD_WORDS),
  say: v.optional(SAY, () => ({})),
});

/** A business file as read, with every default. */
export type BusinessFile = v.InferOutput<typeof BUSINESS_FILE>;
