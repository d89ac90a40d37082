import type { Clip } from "./audio/clip.ts";
import type { FormatType } from "./audio/format.ts";
import type { ConversationItem } from "./conversation_item.ts";
import type { SessionConfig } from "./session_config.ts";

/**
 * Why a response is made: a committed user turn of audio; `response.create` with instructions, or with nothing new to
 * answer; or `response.create` behind outputs of functions.
 */
export type Trigger = "turn" | "instructions" | "tool_result";

/** Audio of a committed turn, in the session's input format. Only its end, when it was longer than is kept. */
export interface HeardAudio {
  bytes: Uint8Array;
  format: FormatType;
  /** Of the whole turn, in milliseconds; `bytes` may hold less. */
  durationMs: number;
}

/** What an agent is asked to answer. */
export interface AgentContext {
  trigger: Trigger;
  /** For `turn`: what was heard. No bytes for agents that do not keep audio. */
  heard?: HeardAudio;
  /** Items of the conversation in their order, without deleted ones. */
  conversation: readonly ConversationItem[];
  /** Those of `response.create` where it has some, else the session's. */
  instructions: string;
  metadata: Record<string, string> | null;
  config: SessionConfig;
  /** From 1, over the emulator's life. */
  sessionNumber: number;
  /** From 1, within the session. */
  responseNumber: number;
}

/** Something said. One of `clip`, `muLaw8k` (mu-law at 8 kHz) and `pcm24k` (16-bit linear at 24 kHz) is its sound. */
export type Speech =
  & { kind: "speech"; transcript: string }
  & ({ clip: Clip } | { muLaw8k: Uint8Array } | { pcm24k: Int16Array });

/** A call of one of the client's functions. `arguments` goes out as it is: JSON or not. */
export interface FunctionCall {
  kind: "function_call";
  name: string;
  arguments: string;
  /** Default a new one. */
  callId?: string;
}

export type AgentOutput = Speech | FunctionCall;

/** Stands for the model: what it says and does in one session. */
export interface Agent {
  /** False: the audio of turns is measured and not kept. Default true. */
  readonly keepsAudio?: boolean;
  /** The outputs of one response, in order. Empty: a response without output. */
  respond(context: AgentContext): readonly AgentOutput[];
  /** The text of a turn, for sessions with input transcription. `turnNumber` counts from 1. */
  transcribe?(heard: HeardAudio, turnNumber: number): string;
}

/** Makes the agent of one session. */
export type AgentFactory = (sessionNumber: number) => Agent;
