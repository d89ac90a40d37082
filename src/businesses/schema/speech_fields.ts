import * as v from "valibot";
import {
  amount,
  byKey,
  fields,
  fileBeside,
  flag,
  language,
  list,
  MAX_HINT_CHARS,
  notes,
  oneName,
  pattern,
  setting,
  text,
  wholeNumber,
} from "./field_forms.ts";

const VOICE_WANTED = 'must be the name of a voice such as marin, or {"id": "voice_…"}';
const NOISE_FILTERS = ["near_field", "far_field"] as const;

/**
 * `voice` of a business file. Not a list of names: OpenAI adds some, and `slimline doctor` tells of one that
 * is refused.
 */
export const VOICE = setting(
  v.union([
    pattern(/^[A-Za-z0-9_.-]{1,64}$/, VOICE_WANTED, "name"),
    v.pipe(
      fields({
        id: v.pipe(
          pattern(/^voice_[A-Za-z0-9_-]{1,100}$/, "must be the id of a voice, such as voice_1234", "id"),
          v.description("Id of a voice of your own."),
        ),
      }),
      notes({ form: '`{"id": "voice_…"}`' }),
    ),
  ], VOICE_WANTED),
  "The model's voice: one of OpenAI's such as marin, cedar, alloy, ash, ballad, coral, echo, sage, shimmer or verse; or your own.",
  "marin",
);

/**
 * `answers` of a business file. 4,096 tokens are at most 205 s of speech, which the output buffer can hold;
 * OpenAI's own default has no limit. Source: OpenAI Realtime reference, `max_output_tokens`.
 */
export const ANSWERS = v.pipe(
  fields({
    maxTokens: setting(
      v.union([wholeNumber(1, 4_096), v.literal("inf")], "must be a whole number from 1 to 4096, or inf"),
      "The longest answer, in tokens: 20 are a second of speech, and tool calls count. inf: as long as the model can.",
      4_096,
    ),
    speed: setting(amount(0.25, 1.5), "How fast the model speaks; 1 is its own pace."),
    reasoningEffort: setting(
      oneName(["minimal", "low", "medium", "high", "xhigh"]),
      "How long a model that reasons thinks before it answers; others refuse it.",
      undefined,
      { leftOut: "the model's own" },
    ),
    parallelToolCalls: setting(
      flag(),
      "Whether a model that reasons may call several tools at once; others refuse it.",
      undefined,
      { leftOut: "the model's own" },
    ),
  }),
  v.description("How the model answers."),
);

/** `truncation` of a business file. Source: OpenAI Realtime reference, `truncation`. */
export const TRUNCATION = v.pipe(
  fields({
    retentionRatio: setting(
      amount(0, 1),
      "How much of the conversation stays when it is too long; less than 1 drops more, and seldom, so that more of it is cached.",
      0.8,
    ),
    tokenLimit: setting(
      wholeNumber(1_000, 1_000_000),
      "Tokens of conversation, after the instructions, above which it is too long.",
      undefined,
      { leftOut: "the model's own" },
    ),
  }),
  v.description("What the model forgets of a long conversation. Without it, the oldest goes bit by bit."),
  notes({ leftOut: "OpenAI's `auto`" }),
);

/** `greeting` of a business file. */
export const GREETING = v.pipe(
  fields({
    instructions: setting(
      text(MAX_HINT_CHARS, 0),
      "Told to the model as an instruction; empty: the caller speaks first.",
      "Greet the caller in one short sentence and ask how you can help.",
    ),
    interruptible: setting(flag(), "False: the caller's voice does not cut the greeting off.", true),
  }),
  v.description("What the caller hears first."),
  v.transform(({ instructions, interruptible }) => ({ instructions, isInterruptible: interruptible })),
);

// OpenAI's docs and its examples disagree about the defaults of turn detection, so all of them are stated.
const SERVER_VAD = fields({
  type: v.pipe(v.literal("server_vad", "must be server_vad"), v.description("By loudness.")),
  threshold: setting(amount(0, 1), "How loud speech must be; higher for noisy lines.", 0.5),
  prefixPaddingMs: setting(wholeNumber(0, 5_000, "ms"), "Sound before the speech that belongs to it.", 300),
  silenceDurationMs: setting(wholeNumber(50, 10_000, "ms"), "Silence that ends the caller's turn.", 500),
  idleTimeoutMs: setting(
    wholeNumber(5_000, 30_000, "ms"),
    "Silence after an answer that makes the model speak again. Without it, it never does.",
  ),
});

const SEMANTIC_VAD = fields({
  type: v.pipe(v.literal("semantic_vad", "must be semantic_vad"), v.description("By what was said.")),
  eagerness: setting(
    oneName(["low", "medium", "high", "auto"]),
    "How soon the model takes its turn: waits for at most 8, 4 or 2 seconds; auto is medium.",
    "auto",
  ),
});

/** `turns` of a business file. */
export const TURNS = v.pipe(
  fields({
    detection: setting(
      v.variant(
        "type",
        [SERVER_VAD, SEMANTIC_VAD],
        byKey(
          "type",
          "must be server_vad or semantic_vad",
          "must be an object of type server_vad or semantic_vad and its fields",
        ),
      ),
      "server_vad goes by loudness, semantic_vad by what was said.",
      () => ({ type: "server_vad" as const }),
    ),
    minInterruptionMs: setting(
      wholeNumber(0, 5_000, "ms"),
      "Speech shorter than this does not silence the model (a cough). 0: any speech does.",
      0,
    ),
    resumeAfterFalseInterruption: setting(
      flag(),
      "Goes on where it was interrupted when the sound had no words, or only some such as mhm.",
      true,
    ),
  }),
  v.description("When a turn ends, and what interrupts the model."),
);

/** `noiseReduction` of a business file. */
export const NOISE_REDUCTION = v.pipe(
  v.nullable(v.union([
    noiseFilter(),
    fields({
      type: v.pipe(noiseFilter(), v.description("Which filter.")),
      strength: setting(amount(0, 1), "How much is taken away.", undefined, { leftOut: "1" }),
    }),
  ], `must be ${NOISE_FILTERS.join(", ")}, an object of type and strength, or null`)),
  v.description(
    "OpenAI's filter for the caller's side: near_field for a handset, far_field for a speaker phone.",
  ),
  v.transform((filter) => typeof filter === "string" ? { type: filter } : filter),
);

function noiseFilter() {
  return oneName(NOISE_FILTERS);
}

/** Most of the words to expect. */
const MAX_KEYWORDS = 100;
/** The API takes no markup and one line. */
const PLAIN_WANTED = "must be one line without < and >";
const PLAIN = /^[^<>\r\n\u2028\u2029]*$/;

/** `transcription` of a business file. The model hears the caller itself; the text is for the transcript. */
export const TRANSCRIPTION = v.pipe(
  v.nullable(fields({
    model: setting(text(100), "Transcription model.", "gpt-transcribe"),
    language: setting(language(), "ISO-639 code; by default that of the business.", undefined, {
      leftOut: "`language`",
    }),
    languages: setting(
      list(language(), "a list of ISO-639 codes", 10, 1),
      "All that may be spoken, where it is more than one: for gpt-transcribe and gpt-live-transcribe.",
    ),
    keywords: setting(
      list(v.pipe(text(100), v.regex(PLAIN, PLAIN_WANTED)), "a list of words", MAX_KEYWORDS, 1),
      "Words to expect, such as names.",
    ),
    prompt: setting(
      v.pipe(text(MAX_HINT_CHARS), v.regex(PLAIN, PLAIN_WANTED)),
      "The same for whisper-1 and the gpt-4o models, in place of keywords; others are not sent it.",
    ),
    delay: setting(
      oneName(["minimal", "low", "medium", "high", "xhigh"]),
      "How long gpt-realtime-whisper waits to be sure; others are not sent it.",
      undefined,
      { leftOut: "the model's own" },
    ),
  })),
  v.description("Transcription of the caller's turns, billed apart; null does without."),
  notes({ leftOut: "on" }),
);

/** `say` of a business file. Source: https://www.twilio.com/docs/voice/twiml/say */
export const SAY = v.pipe(
  fields({
    language: setting(
      pattern(
        /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}$/,
        "must be a language such as de-DE",
        "such as `de-DE`",
      ),
      "What Twilio calls the language of its words.",
      undefined,
      { leftOut: "by `language`" },
    ),
    voice: setting(
      pattern(
        /^[A-Za-z0-9_.-]{1,100}$/,
        "must be a voice of Twilio's such as Polly.Vicki",
        "such as `Polly.Vicki`",
      ),
      "Twilio's voice, of that language.",
      undefined,
      { leftOut: "the account's" },
    ),
  }),
  v.description("How Twilio speaks the words that need no model, in the business's language."),
);

/** Sentences for callers who wait. */
const MAX_HOLD_WORDS = 4;
/** Longest of them, in characters: four seconds, and nobody listens longer to being asked to wait. */
const MAX_HOLD_CHARS = 80;
const HOLD_WANTED =
  `must be a text of 1 to ${MAX_HOLD_CHARS} characters, or {"file": "NAME.wav", "text": "…"}`;

/** `holdWords` of a business file. */
export const HOLD_WORDS = v.pipe(
  list(
    v.union([
      text(MAX_HOLD_CHARS),
      fields({
        file: v.pipe(fileBeside("NAME.wav"), v.description("A WAV file of at most 4 s, beside this one.")),
        text: v.pipe(text(MAX_HOLD_CHARS), v.description("What it says, for the record.")),
      }),
    ], HOLD_WANTED),
    "a list of sentences",
    MAX_HOLD_WORDS,
  ),
  v.description(
    "Sentences for callers who wait for the model, in its own voice: made once, in the background of a call. Empty: two soft notes alone.",
  ),
  notes({
    form: 'list of texts, or `{"file": "NAME.wav", "text": "…"}`',
    leftOut: "own words",
  }),
);
