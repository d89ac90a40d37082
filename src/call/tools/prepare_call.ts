import { AppError } from "../../util/errors.ts";
import { isObject } from "../../util/is_object.ts";
import type { FunctionCall, Tool } from "./tool.ts";
import { MAX_DEPTH, valueProblems } from "../../util/json_schema.ts";

/** Longest argument text in characters: 4,000 tokens, which no caller waits for. */
const MAX_ARGUMENT_CHARS = 16_000;
/** Most problems that a model is told of. */
const MAX_PROBLEMS = 10;

/** A function call that can be run. */
export interface PreparedCall {
  readonly tool: Tool;
  readonly args: Record<string, unknown>;
}

/**
 * Finds the tool and reads the arguments.
 * @throws {AppError} `tool_unknown` or `tool_bad_arguments`, in words that let the model correct itself
 */
export function prepare(call: FunctionCall, tools: readonly Tool[]): PreparedCall {
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool) {
    const names = tools.map(({ name }) => name).join(", ") || "none";
    throw new AppError("tool_unknown", `There is no tool of that name. The tools are: ${names}.`);
  }
  const args = parse(call.arguments);
  const problems = checkArguments(tool.parameters, args);
  if (problems.length > 0) throw badArguments(problems.join(" "));
  return { tool, args };
}

function parse(text: string): Record<string, unknown> {
  if (text.length > MAX_ARGUMENT_CHARS) {
    throw badArguments(
      `They have ${text.length} characters, but at most ${MAX_ARGUMENT_CHARS} are accepted.`,
    );
  }
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw badArguments("They are not valid JSON.", cause);
  }
  if (!isObject(value)) throw badArguments("They are not a JSON object.");
  return value;
}

function badArguments(problem: string, cause?: unknown): AppError {
  return new AppError("tool_bad_arguments", `The arguments were not accepted. ${problem}`, { cause });
}

/**
 * Checks a model's arguments against their JSON schema. Null for a property that is not required counts as
 * left out, since models write it that way.
 *
 * @returns one sentence for each thing wrong, for the model to correct itself by; empty when nothing is
 */
export function checkArguments(
  schema: Readonly<Record<string, unknown>>,
  args: Readonly<Record<string, unknown>>,
): string[] {
  return valueProblems(schema, withoutNulls(schema, args, MAX_DEPTH)).slice(0, MAX_PROBLEMS);
}

/** The value without the properties that are null and need not be there. */
function withoutNulls(schema: unknown, value: unknown, depth: number): unknown {
  if (!isObject(schema) || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(schema.items, item, depth - 1));
  if (!isObject(value) || !isObject(schema.properties)) return value;
  const { properties } = schema;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const of = (name: string) => Object.hasOwn(properties, name) ? properties[name] : undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => inner !== null || required.includes(name) || of(name) === undefined)
      .map(([name, inner]) => [name, withoutNulls(of(name), inner, depth - 1)]),
  );
}
