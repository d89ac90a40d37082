import {
  anyObject,
  arrayField,
  booleanField,
  type Check,
  type Fields,
  integerField,
  invalidValue,
  nullable,
  numberField,
  objectField,
  objectOr,
  oneOfField,
  stringField,
  tagged,
} from "./checks.ts";
import { ProtocolError } from "./protocol_error.ts";

const VOICES = "alloy ash ballad coral echo sage shimmer verse marin cedar".split(" ");
const MAX_TOOLS = 128;
const MAX_OUTPUT_TOKENS = 4096;

/** The wording of a public capture. */
const pcmRate: Check = (value, path) => {
  integerField(-Infinity, Infinity)(value, path);
  const rate = value as number;
  if (rate === 24_000) return;
  const [code, wanted] = rate < 24_000 ? ["below_min", ">="] : ["above_max", "<="];
  const message = `Invalid '${path}': expected a value ${wanted} 24000, but got ${rate} instead.`;
  throw new ProtocolError(`integer_${code}_value`, message, path);
};

/** `audio/pcmu` and `audio/pcma` take no `rate`: the API refuses it as unknown. */
const format = tagged("type", {
  "audio/pcm": { fields: { rate: pcmRate }, required: ["rate"] },
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

/** Neither markup nor several lines. */
const plainText: Check = (value, path) => {
  stringField()(value, path);
  if (/[<>\r\n]/.test(value as string)) throw invalidValue(path, "expected one line without '<' and '>'.");
};

/**
 * Which models take a field. Whether the API really refuses `language` and `prompt` of the new ones is not
 * confirmed.
 */
const TRANSCRIPTION_FIELDS: Readonly<Record<string, RegExp>> = {
  keywords: /^gpt-(live-)?transcribe/,
  languages: /^gpt-(live-)?transcribe/,
  language: /^(?!gpt-(live-)?transcribe)/,
  prompt: /^(?!gpt-(live-)?transcribe|gpt-realtime-whisper)/,
  delay: /^gpt-realtime-whisper/,
};

/** The dated forms of the older ones count as well. */
const TRANSCRIPTION_MODEL =
  /^(whisper-1|gpt-4o(-mini)?-transcribe(-\d{4}-\d\d-\d\d)?|gpt-4o-transcribe-diarize|gpt(-live)?-transcribe|gpt-realtime-whisper)$/;

const transcriptionModel: Check = (value, path) => {
  stringField()(value, path);
  if (!TRANSCRIPTION_MODEL.test(value as string)) {
    throw invalidValue(path, `the transcription model '${value}' does not exist.`);
  }
};

const transcription: Check = (value, path) => {
  objectField({
    model: transcriptionModel,
    language: stringField(),
    prompt: plainText,
    delay: oneOfField("minimal", "low", "medium", "high", "xhigh"),
    keywords: arrayField(plainText),
    languages: arrayField(stringField()),
  })(value, path);
  const { model, ...fields } = value as { model?: string };
  for (const name of Object.keys(fields)) {
    if (model === undefined || TRANSCRIPTION_FIELDS[name].test(model)) continue;
    throw invalidValue(`${path}.${name}`, `the model '${model}' does not support it.`);
  }
};

const toolName: Check = (value, path) => {
  stringField(64)(value, path);
  if (!/^[a-zA-Z0-9_-]+$/.test(value as string)) {
    throw invalidValue(path, "string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.");
  }
};

const toolForms = tagged("type", {
  function: {
    // flat: a nested `function` is the form of another API
    fields: { name: toolName, description: stringField(), parameters: anyObject },
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

const tool: Check = (value, path) => {
  toolForms(value, path);
  const { type, server_url, tunnel_id, connector_id } = value as Record<string, unknown>;
  const places = [server_url, tunnel_id, connector_id].filter((place) => place !== undefined).length;
  if (type !== "mcp" || places === 1) return;
  const wanted = "exactly one of 'server_url', 'tunnel_id' and 'connector_id'";
  if (places > 1) throw invalidValue(path, `expected ${wanted}.`);
  throw new ProtocolError("missing_required_parameter", `'${path}' wants ${wanted}.`, `${path}.server_url`);
};

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

/** Stored prompts ended on 30 November 2026. */
const prompt: Check = (value, path) => {
  if (value !== null) throw invalidValue(path, "stored prompts are no longer supported.");
};

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
  output_modalities: arrayField(oneOfField("audio", "text"), 1, 1),
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
