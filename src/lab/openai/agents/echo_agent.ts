import type { Agent, AgentFactory, AgentOutput } from "../agent.ts";
import { AgentClip } from "../audio/agent_clip.ts";
import { chime } from "../audio/tone.ts";

/** What {@link echoAgent} says of its own. */
export interface EchoAgentOptions {
  /** Said at the greeting; default a chime. */
  greeting?: AgentClip;
  /** Transcript of the greeting. */
  greetingTranscript?: string;
}

let sharedChime: AgentClip | undefined;

/**
 * The echo test: greets, then says back exactly the audio of each turn, so that a caller can judge the sound.
 * In the same codec both ways not a byte changes. Whatever else it is asked it answers with the greeting's
 * clip.
 */
export function echoAgent(options: EchoAgentOptions = {}): AgentFactory {
  const greeting = options.greeting ?? (sharedChime ??= chime());
  const greetingTranscript = options.greetingTranscript ?? "(chime)";
  const agent: Agent = {
    reply({ trigger, heard }): AgentOutput[] {
      if (trigger !== "turn" || !heard) {
        return [{ kind: "speech", clip: greeting, transcript: greetingTranscript }];
      }
      const clip = new AgentClip(heard.bytes, heard.format);
      const seconds = (clip.durationMs / 1000).toFixed(1);
      return [{ kind: "speech", clip, transcript: `(echo of ${seconds} s)` }];
    },
  };
  return () => agent;
}
