import * as v from "valibot";
import {
  amount,
  byKey,
  fields,
  flag,
  language,
  MAX_HINT_CHARS,
  notes,
  oneName,
  setting,
  text,
  wholeNumber,
} from "./field_forms.ts";

/** Source: OpenAI Realtime reference, `audio.output.voice`. */
export const VOICES = [
  "alloy",
  "ash",
  "ballad",
  "coral",
  "echo",
  "sage",
  "shimmer",
  "verse",
  "marin",
  "cedar",
] as const;

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
  }),
  v.description("When a turn ends, and what interrupts the model."),
);

/** `noiseReduction` of a business file. */
export const NOISE_REDUCTION = v.pipe(
  v.nullable(v.picklist(["near_field", "far_field"], "must be near_field, far_field or null")),
  v.description(
    "OpenAI's filter for the caller's side: near_field for a handset, far_field for a speaker phone.",
  ),
);

/** `transcription` of a business file. The model hears the caller itself; the text is for the transcript. */
export const TRANSCRIPTION = v.pipe(
  v.nullable(fields({
    model: setting(text(100), "Transcription model.", "gpt-transcribe"),
    language: setting(language(), "ISO-639 code; by default that of the business.", undefined, {
      leftOut: "`language`",
    }),
    prompt: setting(text(MAX_HINT_CHARS), "Words to expect, such as names."),
  })),
  v.description("Transcription of the caller's turns, billed apart; null does without."),
  notes({ leftOut: "on" }),
);
