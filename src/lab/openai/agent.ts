import type { AgentClip } from "./audio/agent_clip.ts";
import type { HeardAudio } from "./input_buffer.ts";
import type { FunctionCallOutputItem, Item, McpTool } from "./items.ts";
import type { SessionConfig } from "./session_config.ts";

/**
 * What a response answers:
 * - `greeting`: nothing was said yet by anyone,
 * - `turn`: the user's newest item, audio or text,
 * - `tool_result`: outputs of function calls, or a call of an MCP server,
 * - `idle`: silence for `idle_timeout_ms`,
 * - `instructions`: a `response.create` with nothing new in the conversation, or outside of it.
 */
export type Trigger = "greeting" | "turn" | "tool_result" | "idle" | "instructions";

/** What an agent is asked. */
export interface AgentRequest {
  /** What the response answers. */
  readonly trigger: Trigger;
  /** Counts the session's responses from 1, those outside the conversation included. */
  readonly responseNumber: number;
  /** Counts the user's committed audio items from 1; 0 before the first. */
  readonly turnNumber: number;
  /** The effective configuration of the session. */
  readonly config: SessionConfig;
  /** What `response.create` asked of this response alone. */
  readonly instructions?: string;
  /** `metadata` of the `response.create`. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** False for `conversation:"none"`. */
  readonly isInConversation: boolean;
  /** The conversation, oldest first; for a response outside of it its own input, when it has one. */
  readonly items: readonly Item[];
  /** The newest thing that the user said in audio. */
  readonly heard?: HeardAudio;
  /** Outputs that the client added since the last response. */
  readonly toolOutputs: readonly FunctionCallOutputItem[];
}

/** Something said aloud; as text when the response is to be text. */
export interface AgentSpeech {
  /** Marks it as speech. */
  kind: "speech";
  /** The audio. */
  clip: AgentClip;
  /** Its words. */
  transcript: string;
  /** It comes as text alone, as models answer now and then though audio was asked for. Default false. */
  isWritten?: boolean;
}

/** A call of one of the client's functions. */
export interface AgentFunctionCall {
  /** Marks it as a call of a function. */
  kind: "function_call";
  /** The function, as the session has it. */
  name: string;
  /** A JSON text, or what to make one of. */
  arguments: string | Record<string, unknown>;
  /** Default a new one. */
  callId?: string;
  /** Time that the arguments take to be generated, in milliseconds; default 0. */
  durationMs?: number;
}

/** A call of an MCP server, which the API makes by itself. */
export interface AgentMcpCall {
  /** Marks it as a call of an MCP server. */
  kind: "mcp_call";
  /** `server_label` of the session's tool. */
  serverLabel: string;
  /** The tool of that server. */
  name: string;
  /** Default none. */
  arguments?: Record<string, unknown>;
  /** What comes of it. */
  output: string | { error: string };
  /** Time that the server takes, in milliseconds; default 0. */
  durationMs?: number;
}

/** Something that a response is made of. */
export type AgentOutput = AgentSpeech | AgentFunctionCall | AgentMcpCall;

/** Stands in for the model of one session. */
export interface Agent {
  /** False: the audio of turns is counted and not kept. Default true. */
  readonly keepsAudio?: boolean;
  /**
   * Reads a text aloud when it is told to, beside the conversation, whatever {@link reply} would be. Default
   * true.
   */
  readonly readsAloud?: boolean;
  /** The output items of a response, in order; none is an answer too. */
  reply(request: AgentRequest): readonly AgentOutput[];
  /** The tools of an MCP server of the session, or that it cannot be reached. Default none. */
  mcpTools?(serverLabel: string): readonly McpTool[] | "unreachable";
  /** What input transcription makes of a turn. Default a text that tells its length. */
  transcribe?(heard: HeardAudio, turnNumber: number): string;
}

/** Makes the agent of a session. `number` counts the emulator's sessions from 1. */
export type AgentFactory = (session: { number: number }) => Agent;

/** What transcription says when no one knows the words. */
export function defaultTranscript(durationMs: number): string {
  return `(${(durationMs / 1000).toFixed(1)} s of speech)`;
}
