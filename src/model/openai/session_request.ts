import type { AudioFormat } from "../../audio/transcoder.ts";
import type { Business, ServerVad } from "../../businesses/business.ts";
import type { SessionRequest } from "../events.ts";
import type { FunctionTool } from "../model.ts";

/** What a business's sessions are made of, beside what stands in the business itself. */
export interface SessionParts {
  business: Business;
  /** What the model is told in every response. */
  instructions: string;
  /** Whether OpenAI itself cancels its answer at the first sound of the caller. */
  interruptsItself: boolean;
  format: AudioFormat;
  model: string;
  tools: readonly FunctionTool[];
}

/** 10 s of speech and its text, with what a model that reasons may think before. */
const RECITAL_TOKENS = 1_024;

/** The session that a business's calls run in. */
export function sessionRequest(
  { business, instructions, interruptsItself, format, model, tools }: SessionParts,
): SessionRequest {
  const wire = wireFormat(format);
  const { transcription, noiseReduction, answers, truncation } = business;
  const { maxTokens, speed, reasoningEffort, parallelToolCalls } = answers;
  return {
    type: "realtime",
    model,
    output_modalities: ["audio"],
    instructions,
    audio: {
      input: {
        format: wire,
        turn_detection: turnDetection(business, interruptsItself),
        ...noiseReduction ? { noise_reduction: definedOnly(noiseReduction) } : {},
        ...transcription ? { transcription: transcriptionRequest(transcription) } : {},
      },
      output: { format: wire, voice: business.voice, ...speed !== undefined && { speed } },
    },
    max_output_tokens: maxTokens,
    ...reasoningEffort && { reasoning: { effort: reasoningEffort } },
    ...parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls },
    ...truncation && { truncation: truncationRequest(truncation) },
    ...(tools.length > 0 || business.tools.mcp.length > 0) && {
      tools: [
        ...tools.map(({ name, description, parameters }) => ({
          type: "function" as const,
          name,
          description,
          parameters,
        })),
        ...business.tools.mcp,
      ],
      tool_choice: "auto",
    },
  };
}

/**
 * A session that hears nobody, has no tools, and speaks as the business's calls do: what it is asked for is
 * read aloud.
 */
export function recitalRequest(
  { business, instructions, format, model }: Pick<
    SessionParts,
    "business" | "instructions" | "format" | "model"
  >,
): SessionRequest {
  const wire = wireFormat(format);
  const { voice, answers: { speed } } = business;
  return {
    type: "realtime",
    model,
    output_modalities: ["audio"],
    instructions,
    audio: {
      input: { format: wire, turn_detection: null },
      output: { format: wire, voice, ...speed !== undefined && { speed } },
    },
    max_output_tokens: RECITAL_TOKENS,
  };
}

/** `audio/pcmu` takes no rate: the API refuses it as unknown. */
function wireFormat(format: AudioFormat) {
  return format === "pcmu"
    ? { type: "audio/pcmu" as const }
    : { type: "audio/pcm" as const, rate: 24000 as const };
}

function turnDetection({ turns: { detection } }: Business, interruptsItself: boolean) {
  const common = { create_response: true, interrupt_response: interruptsItself };
  return detection.type === "semantic_vad"
    ? { type: "semantic_vad" as const, eagerness: detection.eagerness, ...common }
    : { ...serverVad(detection), ...common };
}

function serverVad({ threshold, prefixPaddingMs, silenceDurationMs, idleTimeoutMs }: ServerVad) {
  return {
    type: "server_vad" as const,
    threshold,
    prefix_padding_ms: prefixPaddingMs,
    silence_duration_ms: silenceDurationMs,
    ...idleTimeoutMs !== undefined && { idle_timeout_ms: idleTimeoutMs },
  };
}

/**
 * What a transcription model takes: `gpt-transcribe` and `gpt-live-transcribe` languages and keywords, the
 * others one language and a prompt, which `gpt-realtime-whisper` does not take. One field too many fails the
 * whole session. Source: OpenAI Realtime reference, `audio.input.transcription`.
 */
function transcriptionRequest(settings: NonNullable<Business["transcription"]>) {
  const { model, language, languages, keywords, prompt, delay } = settings;
  if (/^gpt-(?:live-)?transcribe(?:-|$)/.test(model)) {
    const spoken = languages ?? (language === undefined ? undefined : [language]);
    return definedOnly({ model, languages: spoken && [...spoken], keywords: keywords && [...keywords] });
  }
  const isWhisper = model.startsWith("gpt-realtime-whisper");
  return definedOnly({
    model,
    language: language ?? (languages?.length === 1 ? languages[0] : undefined),
    prompt: isWhisper ? undefined : prompt ?? keywords?.join(", "),
    delay: isWhisper ? delay : undefined,
  });
}

function truncationRequest({ retentionRatio, tokenLimit }: NonNullable<Business["truncation"]>) {
  return {
    type: "retention_ratio" as const,
    retention_ratio: retentionRatio,
    ...tokenLimit !== undefined && { token_limits: { post_instructions: tokenLimit } },
  };
}

/**
 * Without the properties that are undefined: the API takes a present `undefined` for a value when it is null.
 */
function definedOnly<T extends object>(object: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
