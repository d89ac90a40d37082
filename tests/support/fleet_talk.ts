import { tone } from "../../src/lab/openai/audio/tone.ts";
import type { AgentFactory, AgentOutput } from "../../src/lab/openai/agent.ts";
import type { TalkedCall, TalkingCaller } from "../../src/lab/load/talking_caller.ts";

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

/** How a caller heard the moves of a call, in milliseconds each. */
export function heardPauses(caller: TalkingCaller, { turns }: TalkedCall): HeardMoves {
  const { events, placedMs, runs } = caller;
  const times = (event: string) =>
    events.filter((one) => one.event === event).map(({ atMs }) => placedMs + atMs);
  const starts = times("stream_started");
  const moves = times("stream_ended").filter((endMs) => starts.some((startMs) => startMs > endMs));
  const waits = turns.map(({ beganMs, answeredMs = Infinity }) => ({
    beganMs,
    waitedMs: answeredMs - beganMs,
  }));
  const next = (atMs: number) => turns.findIndex(({ answeredMs = Infinity }) => answeredMs > atMs);
  const disturbed = new Set(moves.map(next));
  const betweenStreams = moves.map((endMs) => starts.find((startMs) => startMs > endMs)! - endMs);
  const holes: number[] = [];
  const late: number[] = [];
  for (const movedMs of moves) {
    // What played was silenced in the middle, and goes on in the next stream.
    const rest = runs.find(({ startMs, isAfterClear }) => isAfterClear && startMs > movedMs);
    const cutMs = rest ? rest.startMs - rest.gapMs : Infinity;
    if (rest && cutMs <= movedMs && !turns.some(({ beganMs }) => beganMs > cutMs && beganMs < rest.startMs)) {
      holes.push(rest.gapMs);
    } else late.push(waits[next(movedMs)]?.waitedMs ?? 0);
  }
  return {
    holes,
    late,
    betweenStreams,
    usual: waits.filter((_, turn) => !disturbed.has(turn)).map(({ waitedMs }) => waitedMs),
  };
}

/** What callers heard of moves, and of turns without one. In milliseconds. */
export interface HeardMoves {
  /** Silences in the middle of what the agent said. */
  readonly holes: number[];
  /** From the beginning of the turn that was the next to be answered until its answer. */
  readonly late: number[];
  /** How long no stream was open, in which nobody hears the caller. */
  readonly betweenStreams: number[];
  /** The same as `late` of turns without a move. */
  readonly usual: number[];
}

/**
 * How much longer callers heard nothing than they would have, for each move: a hole in what the agent said; or by
 * how much the next answer came later than answers do, in the median. Sorted.
 */
export function silences(heard: readonly HeardMoves[]): number[] {
  const usual = quantile(heard.flatMap(({ usual }) => usual).sort((a, b) => a - b), 0.5);
  const late = heard.flatMap(({ late }) => late).map((waitedMs) => Math.max(0, waitedMs - usual));
  return [...heard.flatMap(({ holes }) => holes), ...late].map(Math.round).sort((a, b) => a - b);
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
