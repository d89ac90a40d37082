import type { HeardAudio, Trigger } from "./agent.ts";
import type { FormatType } from "./audio/format.ts";
import type { SessionConfig } from "./session_config.ts";

/** `response` of `response.create`, checked. */
export interface ResponseParameters {
  conversation?: "auto" | "none";
  instructions?: string;
  metadata?: Record<string, string> | null;
  output_modalities?: readonly ("audio" | "text")[];
  max_output_tokens?: number | "inf";
  audio?: { output?: { format?: { type: FormatType }; voice?: unknown } };
}

/** What a response is to be: the session's configuration with the request's on top. */
export interface ResponseRequest {
  trigger: Trigger;
  heard?: HeardAudio;
  /** False for `conversation:"none"`. */
  isInConversation: boolean;
  instructions: string;
  metadata: Record<string, string> | null;
  modality: "audio" | "text";
  maxOutputTokens: number;
  format: FormatType;
  voice: unknown;
  /** The turn that it answers, from 1; undefined when the client asked for it. */
  turn?: number;
}

/** Merges what the client asked for into the session's configuration. */
export function responseRequest(
  config: SessionConfig,
  given: ResponseParameters,
  cause: { trigger: Trigger; heard?: HeardAudio; turn?: number },
): ResponseRequest {
  const max = given.max_output_tokens ?? config.max_output_tokens;
  const output = { ...config.audio.output, ...given.audio?.output };
  return {
    ...cause,
    isInConversation: given.conversation !== "none",
    instructions: given.instructions ?? config.instructions,
    metadata: given.metadata ?? null,
    modality: (given.output_modalities ?? config.output_modalities)[0] ?? "audio",
    maxOutputTokens: max === "inf" ? Infinity : max,
    format: output.format.type,
    voice: output.voice,
  };
}

/** `audio` of a response, as events show it. */
export function responseAudio({ format, voice }: ResponseRequest) {
  return {
    output: { format: format === "audio/pcm" ? { type: format, rate: 24000 } : { type: format }, voice },
  };
}
