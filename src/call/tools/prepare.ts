import { AppError } from "../../util/errors.ts";
import { isObject } from "../../util/is_object.ts";
import { checkArguments } from "./check_arguments.ts";
import type { Tool } from "./tool.ts";
import type { FunctionCall } from "./tool_run.ts";

/** Longest argument text in characters. A model's whole output is far shorter. */
const MAX_ARGUMENT_CHARS = 64_000;

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
