import {
  anyObject,
  array,
  boolean,
  type Check,
  type Fields,
  integer,
  nullable,
  number,
  object,
  objectOr,
  oneOf,
  string,
  tagged,
} from "./checks.ts";

const VOICES = "alloy ash ballad coral echo sage shimmer verse marin cedar".split(" ");
const MAX_TOOLS = 128;
const MAX_OUTPUT_TOKENS = 4096;

/** `audio/pcmu` and `audio/pcma` take no `rate`: the API refuses it as unknown. */
const format = tagged("type", {
  "audio/pcm": { fields: { rate: oneOf(24000) } },
  "audio/pcmu": { fields: {} },
  "audio/pcma": { fields: {} },
});

const voice = objectOr(object({ id: string() }, ["id"]), oneOf(...VOICES));

const turnDetection = tagged("type", {
  server_vad: {
    fields: {
      threshold: number(0, 1),
      prefix_padding_ms: integer(0, Infinity),
      silence_duration_ms: integer(0, Infinity),
      idle_timeout_ms: nullable(integer(5000, 30_000)),
      create_response: boolean,
      interrupt_response: boolean,
    },
  },
  semantic_vad: {
    fields: {
      eagerness: oneOf("low", "medium", "high", "auto"),
      create_response: boolean,
      interrupt_response: boolean,
    },
  },
});

const transcription = object({
  model: string(),
  language: string(),
  prompt: string(),
  delay: oneOf("minimal", "low", "medium", "high", "xhigh"),
  keywords: array(string()),
  languages: array(string()),
});

const tool = tagged("type", {
  function: {
    // flat: a nested `function` is the form of another API
    fields: { name: string(64), description: string(), parameters: anyObject },
    required: ["name"],
  },
  mcp: {
    fields: {
      server_label: string(),
      server_url: string(),
      server_description: string(),
      connector_id: string(),
      authorization: string(),
      headers: nullable(anyObject),
      allowed_tools: nullable(objectOr(anyObject, array(string()))),
      require_approval: nullable(objectOr(anyObject, oneOf("always", "never"))),
      defer_loading: boolean,
      tunnel_id: string(),
      allowed_callers: nullable(array(string())),
    },
    required: ["server_label"],
  },
});

const toolChoice = objectOr(
  tagged("type", {
    function: { fields: { name: string() }, required: ["name"] },
    mcp: { fields: { server_label: string(), name: nullable(string()) }, required: ["server_label"] },
  }),
  oneOf("auto", "none", "required"),
);

const maxOutputTokens: Check = (value, path) =>
  (typeof value === "string" ? oneOf("inf") : integer(1, MAX_OUTPUT_TOKENS))(value, path);

const prompt = nullable(
  object({ id: string(), version: nullable(string()), variables: nullable(anyObject) }, ["id"]),
);

const truncation = objectOr(
  tagged("type", {
    retention_ratio: {
      fields: {
        retention_ratio: number(0, 1),
        token_limits: object({ post_instructions: integer(0, Infinity) }),
      },
      required: ["retention_ratio"],
    },
  }),
  oneOf("auto", "disabled"),
);

const tracing = nullable(
  objectOr(object({ workflow_name: string(), group_id: string(), metadata: anyObject }), oneOf("auto")),
);

/** Fields that a session and a single response share. */
export const GENERATION_FIELDS: Fields = {
  // a list of one: audio comes with its transcript, text and audio together are refused
  output_modalities: array(oneOf("audio", "text"), 1),
  instructions: string(),
  tools: array(tool, MAX_TOOLS),
  tool_choice: toolChoice,
  max_output_tokens: maxOutputTokens,
  prompt,
  reasoning: object({ effort: oneOf("minimal", "low", "medium", "high", "xhigh") }),
  parallel_tool_calls: boolean,
};

export const OUTPUT_AUDIO_FIELDS: Fields = { format, voice };

/** `session` of `session.update`. */
export const session: Check = tagged("type", {
  realtime: {
    fields: {
      ...GENERATION_FIELDS,
      model: string(),
      audio: object({
        input: object({
          format,
          noise_reduction: nullable(
            object({ type: oneOf("near_field", "far_field"), strength: number(0, 1) }, ["type"]),
          ),
          transcription: nullable(transcription),
          turn_detection: nullable(turnDetection),
        }),
        output: object({ ...OUTPUT_AUDIO_FIELDS, speed: number(0.25, 1.5) }),
      }),
      include: nullable(array(oneOf("item.input_audio_transcription.logprobs"))),
      tracing,
      truncation,
    },
  },
});
