import * as v from "valibot";
import { amount, flag, language, MAX_HINT_CHARS, notes, object, oneOf, text, whole } from "./field_forms.ts";

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
  object({
    instructions: v.optional(
      v.pipe(
        text(MAX_HINT_CHARS, 0),
        v.description("Told to the model as an instruction; empty: the caller speaks first."),
      ),
      "Greet the caller in one short sentence and ask how you can help.",
    ),
    interruptible: v.optional(
      v.pipe(flag(), v.description("False: the caller's voice does not cut the greeting off.")),
      true,
    ),
  }),
  v.description("What the caller hears first."),
  v.transform(({ instructions, interruptible }) => ({ instructions, isInterruptible: interruptible })),
);

// OpenAI's docs and its examples disagree about the defaults of turn detection, so all of them are stated.
const SERVER_VAD = object({
  type: v.pipe(v.literal("server_vad", "must be server_vad"), v.description("By loudness.")),
  threshold: v.optional(
    v.pipe(amount(0, 1), v.description("How loud speech must be; higher for noisy lines.")),
    0.5,
  ),
  prefixPaddingMs: v.optional(
    v.pipe(whole(0, 5_000, "ms"), v.description("Sound before the speech that belongs to it.")),
    300,
  ),
  silenceDurationMs: v.optional(
    v.pipe(whole(50, 10_000, "ms"), v.description("Silence that ends the caller's turn.")),
    500,
  ),
  idleTimeoutMs: v.optional(v.pipe(
    whole(5_000, 30_000, "ms"),
    v.description("Silence after an answer that makes the model speak again. Without it, it never does."),
  )),
});

const SEMANTIC_VAD = object({
  type: v.pipe(v.literal("semantic_vad", "must be semantic_vad"), v.description("By what was said.")),
  eagerness: v.optional(
    v.pipe(
      oneOf(["low", "medium", "high", "auto"]),
      v.description(
        "How soon the model takes its turn: waits for at most 8, 4 or 2 seconds; auto is medium.",
      ),
    ),
    "auto",
  ),
});

/** `turns` of a business file. */
export const TURNS = v.pipe(
  object({
    detection: v.optional(
      v.pipe(
        v.variant(
          "type",
          [SERVER_VAD, SEMANTIC_VAD],
          ({ path }) =>
            path?.at(-1)?.key === "type"
              ? "must be server_vad or semantic_vad"
              : "must be an object of type server_vad or semantic_vad and its fields",
        ),
        v.description("server_vad goes by loudness, semantic_vad by what was said."),
      ),
      () => ({ type: "server_vad" as const }),
    ),
    minInterruptionMs: v.optional(
      v.pipe(
        whole(0, 5_000, "ms"),
        v.description("Speech shorter than this does not silence the model (a cough). 0: any speech does."),
      ),
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
  v.nullable(object({
    model: v.optional(v.pipe(text(100), v.description("Transcription model.")), "gpt-transcribe"),
    language: v.optional(
      v.pipe(
        language(),
        v.description("ISO-639 code; by default that of the business."),
        notes({ leftOut: "`language`" }),
      ),
    ),
    prompt: v.optional(v.pipe(text(MAX_HINT_CHARS), v.description("Words to expect, such as names."))),
  })),
  v.description("Transcription of the caller's turns, billed apart; null does without."),
  notes({ leftOut: "on" }),
);
