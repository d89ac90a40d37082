import { AppError } from "../../util/errors.ts";
import { checkToolNames, checkToolSchema } from "./business_tools.ts";
import type { Tool, ToolContext } from "./tool.ts";

/** How long a tool may take when it does not say. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Longest time-out: no caller waits longer. */
const MAX_TIMEOUT_MS = 60_000;

/**
 * The JSON schema of one argument: the keywords that give its type. Others are passed on to the model as they
 * are.
 */
export interface ArgumentSchema {
  /** `string`, `number`, `integer`, `boolean`, `object` or `array`. */
  readonly type?: "string" | "number" | "integer" | "boolean" | "object" | "array";
  /** Told to the model. */
  readonly description?: string;
  /** The only values that may be given. */
  readonly enum?: readonly (string | number | boolean | null)[];
  /** Of each item of an array. */
  readonly items?: ArgumentSchema;
  /** Of each member of an object. */
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  /** Members that an object must have. */
  readonly required?: readonly string[];
  /** Any other keyword of JSON schema. */
  readonly [keyword: string]: unknown;
}

/** The JSON schema of all arguments of a tool. */
export interface ArgumentsSchema extends ArgumentSchema {
  /** Arguments are always an object. */
  readonly type: "object";
}

/** The type of what fits a schema. A part that says nothing is `unknown`. */
export type Argument<Schema> = Schema extends { readonly enum: readonly (infer Value)[] } ? Value
  : Schema extends { readonly type: "string" } ? string
  : Schema extends { readonly type: "number" | "integer" } ? number
  : Schema extends { readonly type: "boolean" } ? boolean
  : Schema extends { readonly type: "array"; readonly items: infer Item } ? Argument<Item>[]
  : Schema extends { readonly type: "array" } ? unknown[]
  : Schema extends { readonly type: "object"; readonly properties: infer Members }
    ? Schema extends { readonly required: readonly (infer Name)[] } ?
        & { -readonly [Key in keyof Members as Key extends Name ? Key : never]: Argument<Members[Key]> }
        & {
          -readonly [Key in keyof Members as Key extends Name ? never : Key]?: Argument<Members[Key]> | null;
        }
    : { -readonly [Key in keyof Members]?: Argument<Members[Key]> | null }
  : Schema extends { readonly type: "object" } ? Record<string, unknown>
  : unknown;

/** What a tool is defined by. */
export interface ToolDefinition<Schema extends ArgumentsSchema> {
  /**
   * As the model knows it: letters, digits, `_` and `-`, at most 64. No other tool of the business may have
   * it.
   */
  readonly name: string;
  /** Tells the model what the tool does, and when to use it. */
  readonly description: string;
  /**
   * JSON schema (2020-12) of the arguments, which are checked by it before `run`. `$ref` may only lead within
   * it.
   */
  readonly parameters: Schema;
  /** The model gets an error when there is no result by then: 1 to 60,000 ms. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * Does it. What it returns (JSON, at most 16,000 characters of it) is told to the model, which then answers
   * the caller. An {@link AppError} is told in its own words; of any other error the model hears only that
   * the tool failed.
   *
   * @param args as the model gave them, checked by `parameters`; one that is not required may be null
   * @param context the call, and a signal that is aborted when the time is up or the server stops
   */
  run(args: Argument<Schema>, context: ToolContext): unknown | Promise<unknown>;
}

/**
 * A tool written in code, whose arguments are typed by their JSON schema.
 *
 * @example
 * ```ts
 * import { defineTool } from "slimline";
 *
 * export const openingHours = defineTool({
 *   name: "opening_hours",
 *   description: "Tells when the shop is open on a day.",
 *   parameters: {
 *     type: "object",
 *     properties: { day: { type: "string", enum: ["weekday", "saturday", "sunday"] } },
 *     required: ["day"],
 *   },
 *   run: ({ day }) => day === "sunday" ? "closed" : "9 to 18",
 * });
 * ```
 *
 * @throws {AppError} `tool_bad_name` for a name that OpenAI would refuse; `tool_bad_timeout` for a time-out
 *   out of bounds; `tool_bad_schema` for parameters that are no JSON schema
 */
export function defineTool<const Schema extends ArgumentsSchema>(definition: ToolDefinition<Schema>): Tool {
  const { name, description, parameters, timeoutMs = DEFAULT_TIMEOUT_MS } = definition;
  checkToolNames("defineTool()", [definition]);
  checkToolSchema("defineTool()", { name, parameters });
  if (!(timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new AppError(
      "tool_bad_timeout",
      `Tool ${name}: timeoutMs must be 1 to ${MAX_TIMEOUT_MS}, but is ${timeoutMs}.`,
    );
  }
  return {
    name,
    description,
    parameters,
    timeoutMs,
    async run(args, context) {
      return { output: await definition.run(args as Argument<Schema>, context), wantsResponse: true };
    },
  };
}
