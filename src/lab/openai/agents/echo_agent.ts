import type { Agent, AgentFactory, AgentOutput } from "../agent.ts";
import { Clip } from "../audio/clip.ts";
import { chime } from "../audio/tone.ts";

export interface EchoAgentOptions {
  /** Said at the greeting; default a chime. */
  greeting?: Clip;
  /** Transcript of the greeting. */
  greetingTranscript?: string;
}

let sharedChime: Clip | undefined;

/**
 * The echo test: greets, then says back exactly the audio of each turn, so that a caller can judge the sound. In the
 * same codec both ways not a byte changes. Whatever else it is asked it answers with the greeting's clip.
 */
export function echoAgent(options: EchoAgentOptions = {}): AgentFactory {
  const greeting = options.greeting ?? (sharedChime ??= chime());
  const greetingTranscript = options.greetingTranscript ?? "(chime)";
  const agent: Agent = {
    reply({ trigger, heard }): AgentOutput[] {
      if (trigger !== "turn" || !heard) {
        return [{ kind: "speech", clip: greeting, transcript: greetingTranscript }];
      }
      const clip = new Clip(heard.bytes, heard.format);
      const seconds = (clip.durationMs / 1000).toFixed(1);
      return [{ kind: "speech", clip, transcript: `(echo of ${seconds} s)` }];
    },
  };
  return () => agent;
}
