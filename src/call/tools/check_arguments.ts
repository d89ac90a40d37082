import { shorten } from "../../util/cut_text.ts";
import { isObject } from "../../util/is_object.ts";

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
