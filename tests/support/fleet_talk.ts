import { tone } from "../../src/lab/openai/audio/tone.ts";
import type { AgentFactory, AgentOutput } from "../../src/lab/openai/agent.ts";

/** How long the answers of the agent are, one after the other; `undefined` calls the tool first. */
const ANSWERS_MS = [1_000, 7_000, undefined, 1_500];

/** An agent with long and short answers and a tool, who keeps account of what it said, heard and called. */
export class AccountedAgent {
  /** Arguments of the calls of the tool `look_up`. */
  readonly called: string[] = [];
  /** Words of the callers. */
  readonly heard: string[] = [];
  #answers = 0;

  readonly factory: AgentFactory = () => ({
    keepsAudio: false,
    reply: ({ trigger }) => trigger === "turn" ? this.#answer() : [say(1_000, `Said after ${trigger}.`)],
    transcribe: () => {
      const words = `Words number ${this.heard.length}, you know.`;
      this.heard.push(words);
      return words;
    },
  });

  #answer(): AgentOutput[] {
    const number = this.#answers++;
    const lengthMs = ANSWERS_MS[number % ANSWERS_MS.length];
    if (lengthMs !== undefined) return [say(lengthMs, `Answer number ${number}, you see.`)];
    const id = `call ${number}`;
    this.called.push(id);
    return [{ kind: "function_call", name: "look_up", arguments: { id } }];
  }
}

function say(lengthMs: number, transcript: string): AgentOutput {
  return { kind: "speech", clip: tone(lengthMs), transcript };
}

/** When what happened to calls, as the processes of a fleet have logged it. */
interface LoggedCall {
  readonly atMs: number;
  readonly event: string;
  readonly call?: string;
  readonly reason?: string;
}

/** How long each call that moved had no agent, in milliseconds, sorted: from the end of its stream until one listens again. */
export function pausesIn(log: string): number[] {
  const lines = log.split("\n").filter((line) => line.startsWith("{")).map((line): LoggedCall => {
    const { time, event, call, reason } = JSON.parse(line);
    return { atMs: Date.parse(time), event, call, reason };
  });
  const pauses = Map.groupBy(lines.filter(({ call }) => call !== undefined), ({ call }) => call);
  return [...pauses.values()].flatMap((events) => {
    const inOrder = events.sort((a, b) => a.atMs - b.atMs);
    return inOrder.flatMap(({ event, reason, atMs }, index) => {
      if (event !== "call_ended" || reason !== "moved") return [];
      const back = inOrder.slice(index).find((later) => later.event === "agent_ready");
      return back ? back.atMs - atMs : Infinity;
    });
  }).sort((a, b) => a - b);
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
