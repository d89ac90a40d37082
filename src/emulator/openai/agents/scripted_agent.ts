import type {
  Agent,
  AgentContext,
  AgentFactory,
  AgentOutput,
  FunctionCall,
  Speech,
  Trigger,
} from "../agent.ts";
import { tone } from "../audio/tone.ts";

/** The outputs of one response; a function makes them from what the agent was asked. */
export type ScriptedReply =
  | AgentOutput
  | readonly AgentOutput[]
  | ((context: AgentContext) => AgentOutput | readonly AgentOutput[]);

export interface ScriptedAgentOptions {
  /** Texts of the user's turns, for input transcription, in order. */
  userTranscripts?: readonly string[];
  /** The answer once the script is over. Default a tone of half a second. */
  fallback?: ScriptedReply;
  /** True: these triggers are answered by `fallback` and use up no reply. Default none. */
  passesOver?: readonly Trigger[];
  /** Sees every request first, for assertions. */
  onRequest?: (context: AgentContext) => void;
}

/** A spoken output: a tone of `ms` that stands for the words of `transcript`. */
export function say(transcript: string, ms = 1000, frequencyHz = 440): Speech {
  return { kind: "speech", transcript, clip: tone(ms, { frequencyHz }) };
}

/** A call of the client's function `name`. A string of `args` goes out as it is, anything else as JSON. */
export function call(name: string, args: unknown = {}, callId?: string): FunctionCall {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return { kind: "function_call", name, arguments: text, callId };
}

/** Gives `replies` in order, one a response. Every session begins at the first. */
export function scriptedAgent(
  replies: readonly ScriptedReply[],
  options: ScriptedAgentOptions = {},
): AgentFactory {
  const fallback = options.fallback ?? say("(end of the script)", 500);
  return (): Agent => {
    let next = 0;
    return {
      keepsAudio: false,
      respond(context) {
        options.onRequest?.(context);
        const isPassedOver = options.passesOver?.includes(context.trigger) ?? false;
        const reply = isPassedOver ? fallback : replies[next++] ?? fallback;
        const outputs = typeof reply === "function" ? reply(context) : reply;
        return Array.isArray(outputs) ? outputs : [outputs as AgentOutput];
      },
      transcribe: options.userTranscripts &&
        ((_, turnNumber) => options.userTranscripts![turnNumber - 1] ?? ""),
    };
  };
}
