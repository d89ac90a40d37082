import type { Agent, AgentFactory } from "../agent.ts";
import { tone } from "../audio/tone.ts";

/** How long the tone is, in seconds. */
export interface ToneAgentOptions {
  seconds: number;
  /** Default 440. */
  frequencyHz?: number;
}

/**
 * Answers everything with the same tone, for load: the audio and its base64 are made once and shared by all sessions of
 * the factory, and what callers say is measured and not kept.
 */
export function toneAgent({ seconds, frequencyHz }: ToneAgentOptions): AgentFactory {
  const clip = tone(seconds * 1000, { frequencyHz });
  const outputs = [{ kind: "speech" as const, clip, transcript: `(tone of ${seconds.toFixed(1)} s)` }];
  const agent: Agent = { keepsAudio: false, respond: () => outputs };
  return () => agent;
}
