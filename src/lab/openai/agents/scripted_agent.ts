import {
  type Agent,
  type AgentFactory,
  type AgentFunctionCall,
  type AgentMcpCall,
  type AgentOutput,
  type AgentRequest,
  defaultTranscript,
  type Trigger,
} from "../agent.ts";
import type { AgentClip } from "../audio/agent_clip.ts";
import { tone } from "../audio/tone.ts";

/** A clip, or a tone that is made of a length and a frequency. */
export type ScriptedSpeech =
  & { transcript?: string }
  & ({ clip: AgentClip } | { toneMs: number; frequencyHz?: number });

/** One response: what is said, then what is called. */
export interface ScriptedReply {
  /**
   * The reply waits for a response with this trigger; others are passed over with the fallback. Default any.
   */
  on?: Trigger;
  /** Said aloud, in order. */
  say?: ScriptedSpeech | readonly ScriptedSpeech[];
  /** Functions called, after what is said. */
  call?: Omit<AgentFunctionCall, "kind"> | readonly Omit<AgentFunctionCall, "kind">[];
  /** Tools of MCP servers called, after the functions. */
  mcp?: Omit<AgentMcpCall, "kind"> | readonly Omit<AgentMcpCall, "kind">[];
}

/** What a scripted agent does beside its replies. */
export interface ScriptedAgentOptions {
  /** What the user says, by turn; beyond the list the emulator's own text. */
  userTranscripts?: readonly string[];
  /**
   * Said when the script has no reply; default a tone of half a second. `null`: a response without output.
   */
  fallback?: ScriptedReply | null;
  /** Hears each request before it is answered, for assertions. */
  onRequest?: (request: AgentRequest) => void;
}

const FALLBACK: ScriptedReply = { say: { toneMs: 500, transcript: "(end of the script)" } };

/**
 * Plays `replies` in order, one a response; each session begins at the first. A reply with `on` that does not
 * fit the response is kept for later.
 *
 * @example
 * ```ts
 * scriptedAgent([
 *   { on: "greeting", say: { toneMs: 1000, transcript: "Hello!" } },
 *   { on: "turn", call: { name: "end_call", arguments: {} } },
 * ]);
 * ```
 */
export function scriptedAgent(
  replies: readonly ScriptedReply[],
  options: ScriptedAgentOptions = {},
): AgentFactory {
  const prepared = replies.map((reply) => ({ on: reply.on, outputs: replyOutputs(reply) }));
  const { userTranscripts } = options;
  const fallback = options.fallback === null ? [] : replyOutputs(options.fallback ?? FALLBACK);
  return (): Agent => {
    let next = 0;
    return {
      keepsAudio: false,
      reply(request) {
        options.onRequest?.(request);
        const reply = prepared[next];
        if (!reply || (reply.on && reply.on !== request.trigger)) return fallback;
        next++;
        return reply.outputs;
      },
      ...userTranscripts && {
        transcribe: ({ durationMs }, turn) => userTranscripts[turn - 1] ?? defaultTranscript(durationMs),
      },
    };
  };
}

/** What a reply puts out, for agents of one's own. */
export function replyOutputs(reply: ScriptedReply): AgentOutput[] {
  const speeches = asList(reply.say).map((speech): AgentOutput => ({
    kind: "speech",
    clip: "clip" in speech ? speech.clip : tone(speech.toneMs, { frequencyHz: speech.frequencyHz }),
    transcript: speech.transcript ?? "(tone)",
  }));
  const calls = asList(reply.call).map((call): AgentOutput => ({ kind: "function_call", ...call }));
  const mcp = asList(reply.mcp).map((call): AgentOutput => ({ kind: "mcp_call", ...call }));
  return [...speeches, ...calls, ...mcp];
}

function asList<Type>(value: Type | readonly Type[] | undefined): readonly Type[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Type];
}
