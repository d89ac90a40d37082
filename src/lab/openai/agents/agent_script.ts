import * as v from "valibot";
import { AppError, messageOf } from "../../../util/errors.ts";
import { FAILURE } from "../failures/failure_schema.ts";
import type { FailureScript } from "../failures/failure_script.ts";

/** Of one script; a longer list is refused. */
const MAX_REPLIES = 500;
const MAX_TEXT_CHARS = 2_000;
const MAX_TONE_MS = 120_000;

const TEXT = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT_CHARS));

/** Something said: words, which become tones, one a word; a clip; or a tone. */
const LINE = v.union([
  TEXT,
  v.strictObject({ clip: TEXT, words: v.optional(TEXT) }),
  v.strictObject({
    toneMs: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_TONE_MS)),
    hz: v.optional(v.pipe(v.number(), v.minValue(20), v.maxValue(4_000))),
    words: v.optional(TEXT),
  }),
]);
const LINES = v.union([LINE, v.array(LINE)]);
const ARGUMENTS = v.optional(v.record(v.string(), v.unknown()), {});

const CALL = v.strictObject({ name: TEXT, arguments: ARGUMENTS });
const MCP_CALL = v.strictObject({
  server: TEXT,
  name: TEXT,
  arguments: ARGUMENTS,
  output: v.optional(v.string(), ""),
  error: v.optional(TEXT),
});
const WORDS = v.union([TEXT, v.array(TEXT)]);
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));

const REPLY = v.strictObject({
  when: v.optional(WORDS),
  turn: v.optional(COUNT),
  after: v.optional(TEXT),
  on: v.optional(v.picklist(["idle", "instructions"])),
  say: v.optional(LINES),
  call: v.optional(v.union([CALL, v.array(CALL)])),
  mcp: v.optional(v.union([MCP_CALL, v.array(MCP_CALL)])),
});

const SCRIPT: v.GenericSchema<unknown, AgentScript> = v.strictObject({
  $schema: v.optional(v.string()),
  about: v.optional(v.string()),
  greeting: v.optional(LINES),
  replies: v.optional(v.pipe(v.array(REPLY), v.maxLength(MAX_REPLIES)), []),
  otherwise: v.optional(LINES, "Pardon?"),
  hears: v.optional(v.array(v.strictObject({ clip: TEXT, words: TEXT })), []),
  failures: v.optional(v.array(FAILURE), []),
});

/**
 * Something said: words, which become tones, one a word; a clip, by its name, and its words; or a tone.
 */
export type AgentScriptLine =
  | string
  | { clip: string; words?: string }
  | { toneMs: number; hz?: number; words?: string };

/** A function that is called. */
export interface AgentScriptCall {
  /** The function. */
  name: string;
  /** Its arguments. */
  arguments: Record<string, unknown>;
}

/** A tool of an MCP server that is called, and what comes of it. */
export interface AgentScriptMcpCall extends AgentScriptCall {
  /** `server_label` of the session's tool. */
  server: string;
  /** What it gives. */
  output: string;
  /** That it fails instead. */
  error?: string;
}

/**
 * One reply, and what it is for. Without any of the first four it is said in its turn, once. In texts and
 * arguments `{words}` is what the caller said, `{output}` what the tool gave, and `{name}` its field of that
 * name.
 */
export interface AgentScriptReply {
  /** One of these words was said, or is in what the tool gave; keys are words as well. */
  when?: string | string[];
  /** The caller's turn, from 1. */
  turn?: number;
  /** The tool that has been called. */
  after?: string;
  /** Silence, or instructions that came without a turn. */
  on?: "idle" | "instructions";
  /** Said, in order. */
  say?: AgentScriptLine | AgentScriptLine[];
  /** Called then. */
  call?: AgentScriptCall | AgentScriptCall[];
  /** Called by the API then. */
  mcp?: AgentScriptMcpCall | AgentScriptMcpCall[];
}

/** What a scripted model says and does, as its file has it. */
export interface AgentScript {
  /** Said first. */
  greeting?: AgentScriptLine | AgentScriptLine[];
  /** Of these the first that fits is taken. */
  replies: AgentScriptReply[];
  /** Said to whatever no reply is for. */
  otherwise: AgentScriptLine | AgentScriptLine[];
  /** Clips of callers, and their words; words in tones are understood by themselves. */
  hears: { clip: string; words: string }[];
  /** What goes wrong, and when. */
  failures: FailureScript;
}

/** A script of an agent that cannot be used. Code `script_invalid`. */
export class AgentScriptError extends AppError {
  /** The class's name. */
  override readonly name = "AgentScriptError";
  /** @internal */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("script_invalid", message, options);
  }
}

/** Problems told of one script. */
const MAX_TOLD = 5;

/** Reads a script. @throws {AgentScriptError} with the fields that are wrong */
export function parseAgentScript(text: string): AgentScript {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentScriptError(`it is no JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = v.safeParse(SCRIPT, value);
  if (result.success) return result.output;
  const problems = result.issues.slice(0, MAX_TOLD).map((issue) =>
    `${v.getDotPath(issue) ?? "the script"}: ${issue.message}`
  );
  throw new AgentScriptError(problems.join("\n"));
}
