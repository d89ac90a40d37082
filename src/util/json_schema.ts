import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { shorten } from "./cut_text.ts";
import { isObject } from "./is_object.ts";
import { isSafePattern } from "./safe_pattern.ts";

/** Deepest nesting of a schema, and of a value that is checked. */
export const MAX_DEPTH = 32;
/** Most values within one that is checked, containers included. */
export const MAX_VALUES = 1_000;
/** Longest quotation of a wrong value. */
const QUOTE_CHARS = 60;

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

/**
 * The form of a schema, as far as its keywords are known. Source: JSON Schema 2020-12, core and validation.
 */
const META_SCHEMA: Schema = {
  $ref: "#/$defs/schema",
  $defs: {
    schema: {
      anyOf: [{ type: "boolean" }, {
        type: "object",
        properties: {
          type: {
            anyOf: [{ enum: TYPES }, { type: "array", minItems: 1, items: { enum: TYPES } }],
          },
          enum: { type: "array" },
          required: { type: "array", items: { type: "string" } },
          $ref: { type: "string", pattern: "^#(?:/|$)" },
          pattern: { type: "string" },
          format: { type: "string" },
          description: { type: "string" },
          title: { type: "string" },
          uniqueItems: { type: "boolean" },
          multipleOf: { type: "number", exclusiveMinimum: 0 },
          ...named(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], { type: "number" }),
          ...named(
            ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
            { type: "integer", minimum: 0 },
          ),
          ...named(
            ["items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"],
            { $ref: "#/$defs/schema" },
          ),
          ...named(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"], {
            type: "object",
            additionalProperties: { $ref: "#/$defs/schema" },
          }),
          ...named(["allOf", "anyOf", "oneOf", "prefixItems"], {
            type: "array",
            minItems: 1,
            items: { $ref: "#/$defs/schema" },
          }),
        },
      }],
    },
  },
};

function named(keywords: readonly string[], schema: Schema): Record<string, Schema> {
  return Object.fromEntries(keywords.map((keyword) => [keyword, schema]));
}

let metaValidator: Validator | undefined;

/**
 * What is wrong with a JSON schema, to be read after `must be a JSON schema, but`; undefined when nothing is.
 */
export function schemaProblem(schema: unknown): string | undefined {
  if (!isObject(schema)) return "it is no object";
  if (depthOf(schema) > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} deep`;
  metaValidator ??= new Validator(META_SCHEMA, "2020-12", true);
  const { valid, errors } = metaValidator.validate(schema);
  if (!valid) {
    return `${errors.map(({ instanceLocation }) => instanceLocation).reduce(longest)} is not as it must be`;
  }
  const parts = partsOf(schema);
  if (!parts.flatMap(patternsOf).every(isSafePattern)) {
    return "a pattern is no regular expression, or repeats what can match one text in several ways";
  }
  try {
    if (!parts.every((part) => leadsSomewhere(part, schema))) return NO_TARGET;
    new Validator(schema as Schema, "2020-12", false).validate({});
    return undefined;
  } catch {
    return NO_TARGET; // one that leads to itself by way of others runs out of stack
  }
}

function longest(a: string, b: string): string {
  return b.length > a.length ? b : a;
}

const NO_TARGET = "a $ref leads nowhere, or to itself";

/**
 * Every object in a schema. What is no schema, such as a default, is looked at as well, which does no harm.
 */
function partsOf(schema: unknown): Record<string, unknown>[] {
  if (Array.isArray(schema)) return schema.flatMap(partsOf);
  return isObject(schema) ? [schema, ...Object.values(schema).flatMap(partsOf)] : [];
}

function patternsOf({ pattern, patternProperties }: Record<string, unknown>): string[] {
  const names = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  return typeof pattern === "string" ? [pattern, ...names] : names;
}

/** Whether a part's `$ref`, and that of what it leads to, ends at a schema. */
function leadsSomewhere(part: unknown, root: Record<string, unknown>): boolean {
  for (let steps = 0; steps <= MAX_DEPTH; steps++) {
    if (!isObject(part)) return typeof part === "boolean";
    if (typeof part.$ref !== "string") return true;
    part = at(root, pointerParts(part.$ref));
  }
  return false;
}

const validators = new WeakMap<object, Validator>();

/**
 * What is wrong with a value by a JSON schema, one sentence each; empty when nothing is. A schema is prepared
 * once, and kept as long as its object.
 *
 * @param schema one that {@link schemaProblem} has nothing against
 */
export function valueProblems(schema: Readonly<Record<string, unknown>>, value: unknown): string[] {
  if (depthOf(value) > MAX_DEPTH) return [`They are nested more than ${MAX_DEPTH} deep.`];
  if (countValues(value) > MAX_VALUES) return [`They hold more than ${MAX_VALUES} values.`];
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, validator = new Validator(schema as Schema, "2020-12", false));
  const found = errorsOf(validator, value);
  if (!found) return ["A name in them is no text: it has half a character."];
  const errors = found.filter(isInnermost);
  // What is of the wrong type fits nothing else either.
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === "type").map(({ instanceLocation }) => instanceLocation),
  );
  const told = errors.filter(({ keyword, instanceLocation }) =>
    keyword === "type" || !mistyped.has(instanceLocation)
  );
  return [...new Set(told.map((error) => sentence(error, schema, value)))];
}

/** Undefined for names with half a surrogate pair, which the library cannot make a pointer of. */
function errorsOf(validator: Validator, value: unknown): OutputUnit[] | undefined {
  try {
    return validator.validate(value).errors;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Keywords that only say that something within is wrong, which has an error of its own. */
const OUTER = [
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "dependentSchemas",
  "additionalProperties",
  "patternProperties",
];
/** Within these one error is enough: only some of the alternatives can be meant. */
const ALTERNATIVE = /\/(?:anyOf|oneOf|not|if)\//;

function isInnermost({ keyword, keywordLocation }: OutputUnit): boolean {
  return !OUTER.includes(keyword) && !ALTERNATIVE.test(keywordLocation);
}

function sentence(
  { keyword, keywordLocation, instanceLocation, error }: OutputUnit,
  schema: unknown,
  value: unknown,
): string {
  const path = pointerParts(instanceLocation);
  const name = nameOf(path);
  if (keyword === "required") {
    const missing = /"(.*)"\.$/s.exec(error)?.[1] ?? "";
    return `${nameOf([...path, missing])} is missing.`;
  }
  if (keyword === "false") return `${name} is not known here.`;
  const is = `but is ${shorten(JSON.stringify(at(value, path)) ?? "nothing", QUOTE_CHARS)}.`;
  const wanted = at(schema, pointerParts(keywordLocation));
  if (keyword === "type" && wanted !== undefined) {
    return `${name} must be of type ${[wanted].flat().join(" or ")}, ${is}`;
  }
  if (keyword === "enum" && wanted !== undefined) {
    return `${name} must be one of ${JSON.stringify(wanted)}, ${is}`;
  }
  if (wanted === undefined || isObject(wanted) || Array.isArray(wanted)) return `${name}: ${error}`;
  return `${name} must have ${keyword} ${JSON.stringify(wanted)}, ${is}`;
}

function nameOf(path: readonly string[]): string {
  if (path.length === 0) return "All together";
  return `"${
    path.map((part, index) => /^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`).join("")
  }"`;
}

function pointerParts(pointer: string): string[] {
  return pointer.split("/").slice(1).map((part) =>
    decodeURI(part).replaceAll("~1", "/").replaceAll("~0", "~")
  );
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      (isObject(inner) || Array.isArray(inner)) && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

/** How deep a value is nested, as far as one more than the most that is allowed. */
function depthOf(value: unknown, left = MAX_DEPTH + 1): number {
  if (left === 0 || typeof value !== "object" || value === null) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner, left - 1));
  return deepest + 1;
}

function countValues(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}
