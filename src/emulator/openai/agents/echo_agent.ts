import type { Agent, AgentFactory, AgentOutput } from "../agent.ts";
import { Clip } from "../audio/clip.ts";
import { audioFormat } from "../audio/format.ts";
import { chime } from "../audio/tone.ts";

/** Of a longer turn only its last seconds are said back. */
export const MAX_ECHO_SECONDS = 20;

let sharedChime: Clip | undefined;

/**
 * The echo test: greets with a chime, then says back exactly the audio of each turn, so that a caller can judge the
 * sound. With the same format both ways not a byte changes. Whatever else it is asked it answers with the chime.
 */
export function echoAgent(): AgentFactory {
  const agent: Agent = {
    respond({ trigger, heard }): AgentOutput[] {
      if (trigger !== "turn" || !heard || heard.bytes.length === 0) {
        return [{ kind: "speech", clip: sharedChime ??= chime(), transcript: "(chime)" }];
      }
      const maxBytes = MAX_ECHO_SECONDS * 1000 * audioFormat(heard.format).bytesPerMs;
      const clip = new Clip(heard.bytes.subarray(-maxBytes), heard.format);
      const seconds = (clip.durationMs / 1000).toFixed(1);
      return [{ kind: "speech", clip, transcript: `(echo of ${seconds} s)` }];
    },
  };
  return () => agent;
}
