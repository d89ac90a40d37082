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

/** The session that a business's calls run in. */
export function sessionRequest(
  { business, instructions, interruptsItself, format, model, tools }: SessionParts,
): SessionRequest {
  // `audio/pcmu` takes no rate: the API refuses it as unknown.
  const wire = format === "pcmu"
    ? { type: "audio/pcmu" as const }
    : { type: "audio/pcm" as const, rate: 24000 as const };
  const { transcription, noiseReduction } = business;
  return {
    type: "realtime",
    model,
    output_modalities: ["audio"],
    instructions,
    audio: {
      input: {
        format: wire,
        turn_detection: turnDetection(business, interruptsItself),
        ...noiseReduction ? { noise_reduction: { type: noiseReduction } } : {},
        ...transcription ? { transcription: definedOnly(transcription) } : {},
      },
      output: { format: wire, voice: business.voice },
    },
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

/** Without the properties that are undefined: the API takes a present `undefined` for a value when it is null. */
function definedOnly<T extends object>(object: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
