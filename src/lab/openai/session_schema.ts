import {
  anyObject,
  arrayField,
  booleanField,
  type Check,
  type Fields,
  integerField,
  nullable,
  numberField,
  objectField,
  objectOr,
  oneOfField,
  stringField,
  tagged,
} from "./checks.ts";

const VOICES = "alloy ash ballad coral echo sage shimmer verse marin cedar".split(" ");
const MAX_TOOLS = 128;
const MAX_OUTPUT_TOKENS = 4096;

/** `audio/pcmu` and `audio/pcma` take no `rate`: the API refuses it as unknown. */
const format = tagged("type", {
  "audio/pcm": { fields: { rate: oneOfField(24000) } },
  "audio/pcmu": { fields: {} },
  "audio/pcma": { fields: {} },
});

const voice = objectOr(objectField({ id: stringField() }, ["id"]), oneOfField(...VOICES));

const turnDetection = tagged("type", {
  server_vad: {
    fields: {
      threshold: numberField(0, 1),
      prefix_padding_ms: integerField(0, Infinity),
      silence_duration_ms: integerField(0, Infinity),
      idle_timeout_ms: nullable(integerField(5000, 30_000)),
      create_response: booleanField,
      interrupt_response: booleanField,
    },
  },
  semantic_vad: {
    fields: {
      eagerness: oneOfField("low", "medium", "high", "auto"),
      create_response: booleanField,
      interrupt_response: booleanField,
    },
  },
});

const transcription = objectField({
  model: stringField(),
  language: stringField(),
  prompt: stringField(),
  delay: oneOfField("minimal", "low", "medium", "high", "xhigh"),
  keywords: arrayField(stringField()),
  languages: arrayField(stringField()),
});

const tool = tagged("type", {
  function: {
    // flat: a nested `function` is the form of another API
    fields: { name: stringField(64), description: stringField(), parameters: anyObject },
    required: ["name"],
  },
  mcp: {
    fields: {
      server_label: stringField(),
      server_url: stringField(),
      server_description: stringField(),
      connector_id: stringField(),
      authorization: stringField(),
      headers: nullable(anyObject),
      allowed_tools: nullable(objectOr(anyObject, arrayField(stringField()))),
      require_approval: nullable(objectOr(anyObject, oneOfField("always", "never"))),
      defer_loading: booleanField,
      tunnel_id: stringField(),
      allowed_callers: nullable(arrayField(stringField())),
    },
    required: ["server_label"],
  },
});

const toolChoice = objectOr(
  tagged("type", {
    function: { fields: { name: stringField() }, required: ["name"] },
    mcp: {
      fields: { server_label: stringField(), name: nullable(stringField()) },
      required: ["server_label"],
    },
  }),
  oneOfField("auto", "none", "required"),
);

const maxOutputTokens: Check = (value, path) =>
  (typeof value === "string" ? oneOfField("inf") : integerField(1, MAX_OUTPUT_TOKENS))(value, path);

const prompt = nullable(
  objectField({ id: stringField(), version: nullable(stringField()), variables: nullable(anyObject) }, [
    "id",
  ]),
);

const truncation = objectOr(
  tagged("type", {
    retention_ratio: {
      fields: {
        retention_ratio: numberField(0, 1),
        token_limits: objectField({ post_instructions: integerField(0, Infinity) }),
      },
      required: ["retention_ratio"],
    },
  }),
  oneOfField("auto", "disabled"),
);

const tracing = nullable(
  objectOr(
    objectField({ workflow_name: stringField(), group_id: stringField(), metadata: anyObject }),
    oneOfField("auto"),
  ),
);

/** Fields that a session and a single response share. */
export const GENERATION_FIELDS: Fields = {
  // a list of one: audio comes with its transcript, text and audio together are refused
  output_modalities: arrayField(oneOfField("audio", "text"), 1),
  instructions: stringField(),
  tools: arrayField(tool, MAX_TOOLS),
  tool_choice: toolChoice,
  max_output_tokens: maxOutputTokens,
  prompt,
  reasoning: objectField({ effort: oneOfField("minimal", "low", "medium", "high", "xhigh") }),
  parallel_tool_calls: booleanField,
};

export const OUTPUT_AUDIO_FIELDS: Fields = { format, voice };

/** `session` of `session.update`. */
export const SESSION_FIELD: Check = tagged("type", {
  realtime: {
    fields: {
      ...GENERATION_FIELDS,
      model: stringField(),
      audio: objectField({
        input: objectField({
          format,
          noise_reduction: nullable(
            objectField({ type: oneOfField("near_field", "far_field"), strength: numberField(0, 1) }, [
              "type",
            ]),
          ),
          transcription: nullable(transcription),
          turn_detection: nullable(turnDetection),
        }),
        output: objectField({ ...OUTPUT_AUDIO_FIELDS, speed: numberField(0.25, 1.5) }),
      }),
      include: nullable(arrayField(oneOfField("item.input_audio_transcription.logprobs"))),
      tracing,
      truncation,
    },
  },
});
