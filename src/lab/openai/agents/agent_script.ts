import * as v from "valibot";
import { AppError, messageOf } from "../../../util/errors.ts";

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

/** The shape of a failure is the emulator's own affair; a name that there is not would never happen. */
const FAILURE = v.looseObject({
  failure: v.picklist([
    "refuse_upgrade",
    "refuse_key",
    "ignore_upgrade",
    "short_session",
    "drop",
    "close",
    "stall",
    "stop_reading",
    "error",
    "expire",
    "inject",
    "silent_model",
    "slow_response",
    "response_fails",
    "response_incomplete",
    "late_deltas",
    "cut_function_call",
    "duplicate_arguments_done",
    "transcription",
  ]),
});

const SCRIPT = v.strictObject({
  $schema: v.optional(v.string()),
  about: v.optional(v.string()),
  greeting: v.optional(LINES),
  replies: v.optional(v.pipe(v.array(REPLY), v.maxLength(MAX_REPLIES)), []),
  otherwise: v.optional(LINES, "Pardon?"),
  hears: v.optional(v.array(v.strictObject({ clip: TEXT, words: TEXT })), []),
  failures: v.optional(v.array(FAILURE), []),
});

/**
 * What a scripted model says and does, as its file has it:
 *
 * - `greeting`: said first, and `otherwise` to whatever no reply is for.
 * - `replies`, of which the first that fits is taken: `when` one of these words was said (or keys pressed),
 *   at the caller's `turn` (from 1), `after` a tool of this name (`when` is then looked for in its output),
 *   `on` silence (`idle`) or `instructions` that came without a turn. Replies without any of these are said
 *   one after the other, each once. In texts and arguments `{words}` is what the caller said, `{output}`
 *   what the tool gave, and `{name}` its field of that name.
 * - `hears`: clips of callers and their words; tones of `say "…"` are understood by themselves.
 * - `failures`: what goes wrong, and when (`failures/failure_script.ts`).
 */
export type AgentScript = v.InferOutput<typeof SCRIPT>;
/** Something said. */
export type AgentScriptLine = v.InferOutput<typeof LINE>;
/** One reply, and what it is for. */
export type AgentScriptReply = v.InferOutput<typeof REPLY>;

/** A script of an agent that cannot be used. Code `script_invalid`. */
export class AgentScriptError extends AppError {
  override readonly name = "AgentScriptError";
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
