import type { AgentFactory, AgentOutput, AgentRequest, AgentSpeech } from "../agent.ts";
import type { AgentClip } from "../audio/agent_clip.ts";
import {
  hearClip,
  hearWords,
  type KnownClip,
  knownClip,
  plainWords,
  UNKNOWN_WORD,
} from "../audio/heard_words.ts";
import { spokenTones, tone } from "../audio/tone.ts";
import type { HeardAudio } from "../input_buffer.ts";
import { type Item, itemText } from "../items.ts";
import type { AgentScript, AgentScriptLine, AgentScriptReply } from "./agent_script.ts";

/** A clip that a script names: as the model says it, and as a caller does. */
export interface LoadedClip {
  /** As the model says it. */
  clip: AgentClip;
  /** As a caller says it, at 8 kHz. */
  samples: Int16Array;
}

/** What of a tool's output is said at most. */
const MAX_OUTPUT_CHARS = 300;

/**
 * An agent that does what a script says; each session begins at its beginning.
 *
 * @param clips every clip that the script names, by its name there
 */
export function scriptAgent(script: AgentScript, clips: ReadonlyMap<string, LoadedClip>): AgentFactory {
  const replies = script.replies.map((reply) => ({ ...reply, when: conditionWords(reply.when) }));
  const known = script.hears.map(({ clip, words }) => knownClip(words, clips.get(clip)!.samples));
  const vocabulary = [
    ...new Set([...replies.flatMap(({ when }) => when ?? []), ...script.hears.map(({ words }) => words)]
      .flatMap(plainWords)),
  ];
  return () => {
    const ear = new Ear(known, vocabulary);
    const said = new Set<AgentScriptReply>();
    const linesOf = (lines: AgentScriptLine | AgentScriptLine[] | undefined, fill: Fill): AgentSpeech[] =>
      asList(lines).map((line) => speechOf(line, fill, clips));
    return {
      transcribe: (heard, turn) => ear.words(heard) ?? `(turn ${turn}, not understood)`,
      reply: (request): AgentOutput[] => {
        const words = wordsOf(request, ear);
        const output = outputOf(request);
        const fill = fillWith(words, output?.text);
        if (request.trigger === "greeting" && script.greeting !== undefined) {
          return linesOf(script.greeting, fill);
        }
        const reply = replies.find((each) => !said.has(each) && fits(each, request, words, output));
        if (!reply) return linesOf(script.otherwise, fill);
        if (isPlain(reply)) said.add(reply);
        return [
          ...linesOf(reply.say, fill),
          ...asList(reply.call).map((call): AgentOutput => ({
            kind: "function_call",
            name: call.name,
            arguments: filled(call.arguments, fill) as Record<string, unknown>,
          })),
          ...asList(reply.mcp).map((call): AgentOutput => ({
            kind: "mcp_call",
            serverLabel: call.server,
            name: call.name,
            arguments: filled(call.arguments, fill) as Record<string, unknown>,
            output: call.error === undefined ? call.output : { error: call.error },
          })),
        ];
      },
    };
  };
}

/** What the user said, of each turn once. */
class Ear {
  readonly #clips: readonly KnownClip[];
  readonly #vocabulary: readonly string[];
  readonly #understood = new WeakMap<HeardAudio, { words: string | undefined }>();

  constructor(clips: readonly KnownClip[], vocabulary: readonly string[]) {
    this.#clips = clips;
    this.#vocabulary = vocabulary;
  }

  words(heard: HeardAudio): string | undefined {
    let found = this.#understood.get(heard);
    if (!found) {
      found = { words: hearClip(heard, this.#clips) ?? hearWords(heard, this.#vocabulary) };
      this.#understood.set(heard, found);
    }
    return found.words;
  }
}

type Reply = Omit<AgentScriptReply, "when"> & { when: string[] | undefined };

function conditionWords(when: AgentScriptReply["when"]): string[] | undefined {
  return when === undefined ? undefined : asList(when);
}

/** Said in its turn, and once: nothing says what it is for. */
function isPlain({ when, turn, after, on }: Reply): boolean {
  return when === undefined && turn === undefined && after === undefined && on === undefined;
}

function fits(
  reply: Reply,
  { trigger, turnNumber }: AgentRequest,
  words: string,
  output: ToolOutput | undefined,
): boolean {
  if (trigger === "tool_result") {
    return reply.after === output?.name && output !== undefined && hasWords(output.text, reply.when);
  }
  if (reply.after !== undefined) return false;
  if (trigger === "idle" || trigger === "instructions") return reply.on === trigger;
  if (reply.on !== undefined) return false;
  return (reply.turn === undefined || reply.turn === turnNumber) && hasWords(words, reply.when);
}

/** Whether any of the words or phrases is in a text, whole words alone. */
function hasWords(text: string, wanted: string[] | undefined): boolean {
  if (wanted === undefined) return true;
  const spoken = ` ${plainWords(text).join(" ")} `;
  return wanted.some((each) => spoken.includes(` ${plainWords(each).join(" ")} `));
}

function wordsOf({ heard, items, trigger }: AgentRequest, ear: Ear): string {
  if (trigger !== "turn") return "";
  if (heard) return ear.words(heard) ?? UNKNOWN_WORD;
  const user = items.findLast((item): item is Item & { type: "message" } =>
    item.type === "message" && item.role === "user"
  );
  return user ? itemText(user) : "";
}

interface ToolOutput {
  name: string;
  text: string;
}

/** What the newest tool gave: a function of the client's, or of an MCP server. */
function outputOf({ toolOutputs, items }: AgentRequest): ToolOutput | undefined {
  const newest = toolOutputs.at(-1);
  if (newest) {
    const call = items.find((item) => item.type === "function_call" && item.call_id === newest.call_id);
    return call?.type === "function_call" ? { name: call.name, text: newest.output } : undefined;
  }
  const last = items.at(-1);
  if (last?.type !== "mcp_call") return undefined;
  return { name: last.name, text: last.output ?? last.error?.message ?? "" };
}

/** What stands for a name in braces; undefined leaves it as it is. */
type Fill = (name: string) => string | undefined;

function fillWith(words: string, output: string | undefined): Fill {
  const fields = fieldsOf(output);
  return (name) => {
    if (name === "words") return words;
    if (name === "output") return output?.slice(0, MAX_OUTPUT_CHARS);
    const value = fields?.[name];
    return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
  };
}

function fieldsOf(output: string | undefined): Record<string, unknown> | undefined {
  if (output === undefined) return undefined;
  try {
    const value = JSON.parse(output);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // a tool may answer with any text, which has no fields
  }
}

/** Fills names in braces in every text of a value. */
function filled(value: unknown, fill: Fill): unknown {
  if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (all, name) => fill(name) ?? all);
  if (Array.isArray(value)) return value.map((each) => filled(each, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, fill)]));
}

function speechOf(line: AgentScriptLine, fill: Fill, clips: ReadonlyMap<string, LoadedClip>): AgentSpeech {
  if (typeof line === "string") {
    const words = filled(line, fill) as string;
    return { kind: "speech", clip: spokenTones(words), transcript: words };
  }
  const transcript = line.words ?? ("clip" in line ? `(${line.clip})` : "(tone)");
  const clip = "clip" in line ? clips.get(line.clip)!.clip : tone(line.toneMs, { frequencyHz: line.hz });
  return { kind: "speech", clip, transcript };
}

function asList<Type>(value: Type | Type[] | undefined): Type[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
