import { ProtocolError } from "./protocol_error.ts";

/** A codec of the API: 24 kHz 16-bit PCM, or G.711 at 8 kHz, which takes no `rate`. */
export type FormatConfig = { type: "audio/pcm"; rate: 24000 } | { type: "audio/pcmu" } | {
  type: "audio/pcma";
};

/** Turns end after a silence. */
export interface ServerVadConfig {
  /** Marks this kind. */
  type: "server_vad";
  /** How loud speech must be, 0 to 1. */
  threshold: number;
  /** Audio kept before speech, in milliseconds. */
  prefix_padding_ms: number;
  /** The silence that ends a turn, in milliseconds. */
  silence_duration_ms: number;
  /** Silence after an answer that brings another one, in milliseconds; null for never. */
  idle_timeout_ms: number | null;
  /** Whether a turn's end brings an answer. */
  create_response: boolean;
  /** Whether speech cuts an answer off. */
  interrupt_response: boolean;
}

/** Turns end where the caller seems to have finished. */
export interface SemanticVadConfig {
  /** Marks this kind. */
  type: "semantic_vad";
  /** How soon a turn ends. */
  eagerness: "low" | "medium" | "high" | "auto";
  /** Whether a turn's end brings an answer. */
  create_response: boolean;
  /** Whether speech cuts an answer off. */
  interrupt_response: boolean;
}

/** How the end of a turn is found. */
export type TurnDetectionConfig = ServerVadConfig | SemanticVadConfig;

/** A tool of the session, with all fields that the client gave. */
export interface ToolConfig {
  /** A function of the client, or an MCP server. */
  type: "function" | "mcp";
  /** Of a function. */
  name?: string;
  /** Every other field, as given. */
  [field: string]: unknown;
}

/** The full effective configuration of a session, as `session.created` and `session.updated` show it. */
export interface SessionConfig {
  /** Always the same. */
  type: "realtime";
  /** Always the same. */
  object: "realtime.session";
  /** Of the session. */
  id: string;
  /** As the URL named it. */
  model: string;
  /** Unix time in seconds. */
  expires_at: number;
  /** Speech, or text alone. */
  output_modalities: readonly ("audio" | "text")[];
  /** The prompt. */
  instructions: string;
  /** Tools that the model may call. */
  tools: readonly ToolConfig[];
  /** Whether tools are called, or which. */
  tool_choice: string | { type: string; name?: string };
  /** Of one response. */
  max_output_tokens: number | "inf";
  /** As given. */
  tracing: unknown;
  /** As given. */
  truncation: unknown;
  /** As given. */
  prompt: unknown;
  /** Extra fields that the client asked for. */
  include: readonly string[] | null;
  /** Codecs, voice, transcription and turns. */
  audio: {
    input: {
      format: FormatConfig;
      transcription: { model?: string; language?: string; prompt?: string } | null;
      noise_reduction: { type: "near_field" | "far_field"; strength?: number } | null;
      turn_detection: TurnDetectionConfig | null;
    };
    output: { format: FormatConfig; voice: string | { id: string }; speed: number };
  };
  /** As given, by models that reason. */
  reasoning?: { effort?: string };
  /** As given. */
  parallel_tool_calls?: boolean;
}

/** What `session.update` carries, once it is checked. */
export type SessionPatch = Record<string, unknown>;

const SERVER_VAD: ServerVadConfig = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  // 200 as in `session.created` of the reference; the guide says 500, which is why clients must set it
  silence_duration_ms: 200,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
};

const SEMANTIC_VAD: SemanticVadConfig = {
  type: "semantic_vad",
  eagerness: "auto",
  create_response: true,
  interrupt_response: true,
};

/** What a session starts with. `expiresAt` in Unix seconds. */
export function defaultConfig(id: string, model: string, expiresAt: number): SessionConfig {
  return {
    type: "realtime",
    object: "realtime.session",
    id,
    model,
    expires_at: expiresAt,
    output_modalities: ["audio"],
    instructions: "You are a helpful assistant.",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    truncation: "auto",
    prompt: null,
    include: null,
    audio: {
      input: {
        format: { type: "audio/pcm", rate: 24000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: SERVER_VAD,
      },
      output: { format: { type: "audio/pcm", rate: 24000 }, voice: "marin", speed: 1 },
    },
  };
}

/**
 * The configuration after a checked update: only what is present changes, null turns off. Within turn
 * detection, noise reduction and transcription what is omitted keeps its value, or its default once the type
 * changes.
 */
function mergeConfig(config: SessionConfig, patch: SessionPatch): SessionConfig {
  const { audio = {}, ...rest } = patch as { audio?: { input?: SessionPatch; output?: SessionPatch } };
  const { input = {}, output = {} } = audio;
  return {
    ...config,
    ...rest as Partial<SessionConfig>,
    audio: {
      input: mergeInput(config.audio.input, input),
      output: {
        ...config.audio.output,
        ...output,
        format: completeFormat(output.format) ?? config.audio.output.format,
      },
    },
  };
}

type InputConfig = SessionConfig["audio"]["input"];

function mergeInput(current: InputConfig, patch: SessionPatch): InputConfig {
  const merged = { ...current };
  if (patch.format !== undefined) merged.format = completeFormat(patch.format)!;
  if (patch.transcription !== undefined) {
    merged.transcription = patch.transcription && { ...current.transcription, ...patch.transcription };
  }
  if (patch.noise_reduction !== undefined) {
    merged.noise_reduction = patch.noise_reduction && {
      strength: 1,
      ...current.noise_reduction,
      ...patch.noise_reduction as { type: "near_field" },
    };
  }
  if (patch.turn_detection !== undefined) {
    merged.turn_detection = patch.turn_detection &&
      mergeTurnDetection(current.turn_detection, patch.turn_detection as TurnDetectionConfig);
  }
  return merged;
}

function mergeTurnDetection(current: TurnDetectionConfig | null, patch: TurnDetectionConfig) {
  const defaults = patch.type === "server_vad" ? SERVER_VAD : SEMANTIC_VAD;
  return { ...defaults, ...current?.type === patch.type ? current : {}, ...patch } as TurnDetectionConfig;
}

function completeFormat(value: unknown): FormatConfig | undefined {
  const format = value as FormatConfig | undefined;
  return format?.type === "audio/pcm" ? { type: "audio/pcm", rate: 24000 } : format;
}

/** Models that reason. The code of their refusal by others is not confirmed. */
const REASONING_MODEL = /^gpt-realtime-2(?:[.-]|$)/;

/**
 * The configuration after a `session.update` whose fields are checked already.
 *
 * @param hasSpoken audio of the assistant was sent in this session
 * @throws {ProtocolError} for what cannot be changed: the model, tracing once it is on, the voice once it was
 * heard
 */
export function updatedConfig(config: SessionConfig, patch: SessionPatch, hasSpoken: boolean): SessionConfig {
  const next = mergeConfig(config, patch);
  for (const field of ["reasoning", "parallel_tool_calls"] as const) {
    if (patch[field] === undefined || REASONING_MODEL.test(config.model)) continue;
    const message = `'${field}' is not supported with the '${config.model}' model.`;
    throw new ProtocolError("unsupported_parameter", message, `session.${field}`);
  }
  if (next.model !== config.model) {
    throw new ProtocolError("invalid_value", "The model of a session cannot be changed.", "session.model");
  }
  if (config.tracing !== null && JSON.stringify(next.tracing) !== JSON.stringify(config.tracing)) {
    throw new ProtocolError(
      "invalid_value",
      "Tracing cannot be changed once it is enabled.",
      "session.tracing",
    );
  }
  const isOtherVoice = JSON.stringify(next.audio.output.voice) !== JSON.stringify(config.audio.output.voice);
  if (hasSpoken && isOtherVoice) {
    throw new ProtocolError(
      "cannot_update_voice",
      "Cannot update a conversation's voice if assistant audio is present.",
      "session.audio.output.voice",
    );
  }
  return next;
}
