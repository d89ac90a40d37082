/** A codec of the API: 24 kHz 16-bit PCM, or G.711 at 8 kHz, which takes no `rate`. */
export type FormatConfig = { type: "audio/pcm"; rate: 24000 } | { type: "audio/pcmu" } | {
  type: "audio/pcma";
};

export interface ServerVadConfig {
  type: "server_vad";
  threshold: number;
  prefix_padding_ms: number;
  silence_duration_ms: number;
  idle_timeout_ms: number | null;
  create_response: boolean;
  interrupt_response: boolean;
}

export interface SemanticVadConfig {
  type: "semantic_vad";
  eagerness: "low" | "medium" | "high" | "auto";
  create_response: boolean;
  interrupt_response: boolean;
}

export type TurnDetectionConfig = ServerVadConfig | SemanticVadConfig;

export interface ToolConfig {
  type: "function" | "mcp";
  name?: string;
  [field: string]: unknown;
}

/** The full effective configuration of a session, as `session.created` and `session.updated` show it. */
export interface SessionConfig {
  type: "realtime";
  object: "realtime.session";
  id: string;
  model: string;
  /** Unix time in seconds. */
  expires_at: number;
  output_modalities: readonly ("audio" | "text")[];
  instructions: string;
  tools: readonly ToolConfig[];
  tool_choice: string | { type: string; name?: string };
  max_output_tokens: number | "inf";
  tracing: unknown;
  truncation: unknown;
  prompt: unknown;
  include: readonly string[] | null;
  audio: {
    input: {
      format: FormatConfig;
      transcription: { model?: string; language?: string; prompt?: string } | null;
      noise_reduction: { type: "near_field" | "far_field"; strength?: number } | null;
      turn_detection: TurnDetectionConfig | null;
    };
    output: { format: FormatConfig; voice: string | { id: string }; speed: number };
  };
  reasoning?: { effort?: string };
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
 * The configuration after a checked update: only what is present changes, null turns off. Within turn detection,
 * noise reduction and transcription what is omitted keeps its value, or its default once the type changes.
 */
export function mergeConfig(config: SessionConfig, patch: SessionPatch): SessionConfig {
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
        format: formatOf(output.format) ?? config.audio.output.format,
      },
    },
  };
}

type InputConfig = SessionConfig["audio"]["input"];

function mergeInput(current: InputConfig, patch: SessionPatch): InputConfig {
  const merged = { ...current };
  if (patch.format !== undefined) merged.format = formatOf(patch.format)!;
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

function formatOf(value: unknown): FormatConfig | undefined {
  const format = value as FormatConfig | undefined;
  return format?.type === "audio/pcm" ? { type: "audio/pcm", rate: 24000 } : format;
}
