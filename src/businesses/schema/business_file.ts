import * as v from "valibot";
import { DEFAULT_BUSINESS } from "../business.ts";
import { FALLBACK, KEYS, LIMITS, TIME, TRANSFERS, WHEN_BUSY } from "./call_handling.ts";
import { flag, language, list, object, oneOf, pattern, spoken, telephone, text } from "./forms.ts";
import { HOURS } from "./hours.ts";
import { KNOWLEDGE } from "./knowledge.ts";
import { RECORDS } from "./records.ts";
import { GREETING, NOISE_REDUCTION, TRANSCRIPTION, TURNS, VOICES } from "./speech.ts";
import { TOOLS } from "./tools.ts";

/** Longest instructions, in characters. */
export const MAX_INSTRUCTIONS_CHARS = 64_000;
/** What an id looks like. */
export const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

const INSTRUCTIONS_WANTED = `must be a text of 1 to ${MAX_INSTRUCTIONS_CHARS} characters, ` +
  'or {"file": "NAME.md"} with a file beside this one or below';

/** A path that cannot lead out of the folder. */
const BELOW = /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:]{1,200}$/;

/** What a business file may hold. Everything but `name`, `numbers` and `instructions` has a default. */
export const BUSINESS_FILE = object({
  $schema: v.optional(v.pipe(v.string("must be a text"), v.description("For your editor."))),
  id: v.optional(v.pipe(
    pattern(ID, "must be 1 to 64 lower-case letters, digits and dashes"),
    v.description("Stable name in records and metrics; by default the file's name."),
  )),
  name: v.pipe(text(200), v.description("As spoken.")),
  numbers: v.pipe(
    list(telephone(), "a list of numbers in E.164 such as +15550100000", 1_000, 1),
    v.description("The Twilio numbers that it answers; outbound calls come from the first."),
  ),
  inService: v.optional(
    v.pipe(flag(), v.description("False: callers hear outOfServiceWords, and no call is placed.")),
    DEFAULT_BUSINESS.inService,
  ),
  hours: v.optional(HOURS),
  language: v.optional(
    v.pipe(
      language(),
      v.description("The language that the model begins in, and that is expected to be spoken."),
    ),
  ),
  voice: v.optional(
    v.pipe(oneOf(VOICES), v.description("The model's voice.")),
    DEFAULT_BUSINESS.voice as typeof VOICES[number],
  ),
  model: v.optional(v.pipe(text(100), v.description("Speech model; by default OPENAI_REALTIME_MODEL."))),
  audioFormat: v.optional(
    v.pipe(
      oneOf(["pcm24k", "pcmu"]),
      v.description("24 kHz PCM or the telephone's mu-law untouched; by default AUDIO_FORMAT."),
    ),
  ),
  instructions: v.pipe(
    v.union([
      text(MAX_INSTRUCTIONS_CHARS),
      object({
        file: pattern(BELOW, "must be the path of a file beside this one or below, such as NAME.md"),
      }),
    ], INSTRUCTIONS_WANTED),
    v.description("What the model is told: a text, or a file beside this one."),
  ),
  greeting: v.optional(GREETING),
  turns: v.optional(TURNS),
  noiseReduction: v.optional(NOISE_REDUCTION),
  transcription: v.optional(TRANSCRIPTION),
  tools: v.optional(TOOLS),
  knowledge: v.optional(KNOWLEDGE),
  keys: v.optional(KEYS),
  transfers: v.optional(TRANSFERS),
  time: v.optional(TIME),
  limits: v.optional(LIMITS),
  fallback: v.optional(FALLBACK),
  records: v.optional(RECORDS),
  busyWords: v.optional(
    v.pipe(spoken(), v.description("Spoken when no call can be taken.")),
    DEFAULT_BUSINESS.busyWords,
  ),
  whenBusy: v.optional(WHEN_BUSY),
  outOfServiceWords: v.optional(
    v.pipe(spoken(), v.description("Spoken when the business is not in service.")),
    DEFAULT_BUSINESS.outOfServiceWords,
  ),
});

/** A business file as read, with the defaults within its sections. */
export type BusinessFile = v.InferOutput<typeof BUSINESS_FILE>;
