import { AppError } from "../../util/errors.ts";
import { isObject } from "../../util/is_object.ts";
import type { FunctionCall, Tool } from "./tool.ts";
import { shorten } from "../../util/cut_text.ts";

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

/** Longest quotation of a wrong value. */
const QUOTE_CHARS = 60;

/**
 * Checks a model's arguments against the top level of their JSON schema: `required`, and each property's `type` and `enum`.
 * That is what models get wrong; whatever is nested, or any other keyword, is for the tool itself to check. Null for a
 * property that is not required counts as left out, since models write it that way.
 *
 * Own code rather than a validator library: none is worth its memory for these three keywords, and the sentences are
 * written for a model to correct itself by.
 *
 * @returns one sentence for each thing wrong; empty when nothing is
 */
export function checkArguments(
  schema: Readonly<Record<string, unknown>>,
  args: Readonly<Record<string, unknown>>,
): string[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = isObject(schema.properties) ? schema.properties : {};
  const missing = required
    .filter((name) => typeof name === "string" && !Object.hasOwn(args, name))
    .map((name) => `"${name}" is missing.`);
  const wrong = Object.entries(args).flatMap(([name, value]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!isObject(property) || (value === null && !required.includes(name))) return [];
    return checkValue(name, value, property);
  });
  return [...missing, ...wrong];
}

function checkValue(name: string, value: unknown, property: Record<string, unknown>): string[] {
  const types = [property.type].flat().filter((type) => typeof type === "string");
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [`"${name}" must be of type ${types.join(" or ")}, but is ${quote(value)}.`];
  }
  if (Array.isArray(property.enum) && !property.enum.some((allowed) => isSame(allowed, value))) {
    return [`"${name}" must be one of ${JSON.stringify(property.enum)}, but is ${quote(value)}.`];
  }
  return [];
}

/** A type that JSON schema does not know fits everything. */
function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value);
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    default:
      return true;
  }
}

function isSame(allowed: unknown, value: unknown): boolean {
  return allowed === value || JSON.stringify(allowed) === JSON.stringify(value);
}

function quote(value: unknown): string {
  return shorten(JSON.stringify(value), QUOTE_CHARS);
}
