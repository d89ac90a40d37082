import type { Agent, AgentFactory } from "../agent.ts";
import { tone } from "../audio/tone.ts";

/**
 * Answers everything with the same tone of `seconds`, for load: the audio is made once and shared by all
 * sessions of the factory, and what callers say is counted and not kept.
 */
export function toneAgent(seconds: number): AgentFactory {
  const clip = tone(seconds * 1000);
  const reply = [{ kind: "speech" as const, clip, transcript: `(tone of ${seconds} s)` }];
  const agent: Agent = { keepsAudio: false, reply: () => reply };
  return () => agent;
}
