import { ProtocolError } from "./protocol_error.ts";
import { isObject } from "../../util/is_object.ts";

/**
 * Strict checks of what a client sends. A check throws {@link ProtocolError} with the path of the field at
 * fault, in the API's wording: `unknown_parameter`, `missing_required_parameter`, `invalid_type` or
 * `invalid_value`.
 */
export type Check = (value: unknown, path: string) => void;

export type Fields = Record<string, Check>;

/** An object with these fields and no others; those in `required` must be there. */
export function objectField(fields: Fields, required: readonly string[] = []): Check {
  return (value, path) => {
    const record = asObject(value, path);
    // first what is missing: of a nested function a capture says so, and not that `function` is unknown
    for (const name of required) requireField(record, name, path);
    for (const name of Object.keys(record)) {
      const child = join(path, name);
      if (!Object.hasOwn(fields, name)) {
        throw new ProtocolError("unknown_parameter", `Unknown parameter: '${child}'.`, child);
      }
    }
    for (const [name, field] of Object.entries(record)) fields[name](field, join(path, name));
  };
}

/** An object whose `tag` field says which of `variants` it is; each variant lists its other fields. */
export function tagged(
  tag: string,
  variants: Record<string, { fields: Fields; required?: readonly string[] }>,
): Check {
  const isTag = oneOfField(...Object.keys(variants));
  return (value, path) => {
    const record = asObject(value, path);
    requireField(record, tag, path);
    isTag(record[tag], join(path, tag));
    const { fields, required } = variants[record[tag] as string];
    objectField({ ...fields, [tag]: isTag }, required)(value, path);
  };
}

/** Any object: a JSON schema, say. */
export const anyObject: Check = (value, path) => void asObject(value, path);

/** Any string up to `maxLength` characters. */
export function stringField(maxLength = Infinity): Check {
  return (value, path) => {
    if (typeof value !== "string") throw wrongType(value, path, "a string");
    if (value.length > maxLength) {
      throw invalidValue(path, `string too long. Expected at most ${maxLength} characters.`);
    }
  };
}

export const booleanField: Check = (value, path) => {
  if (typeof value !== "boolean") throw wrongType(value, path, "a boolean");
};

/** A number from `min` to `max`, both included. */
export function numberField(min: number, max: number): Check {
  return (value, path) => {
    if (typeof value !== "number") throw wrongType(value, path, "a number");
    if (!(value >= min && value <= max)) {
      throw invalidValue(path, `expected a value from ${min} to ${max}, but got ${value} instead.`);
    }
  };
}

/** A whole number from `min` to `max`, both included. */
export function integerField(min: number, max: number): Check {
  const inRange = numberField(min, max);
  return (value, path) => {
    if (typeof value === "number" && !Number.isInteger(value)) throw wrongType(value, path, "an integer");
    inRange(value, path);
  };
}

/** One of the given strings or numbers. */
export function oneOfField(...values: readonly (string | number)[]): Check {
  return (value, path) => {
    if (values.includes(value as string)) return;
    if (typeof value !== typeof values[0]) throw wrongType(value, path, `a ${typeof values[0]}`);
    const supported = values.map((each) => `'${each}'`).join(", ");
    throw new ProtocolError(
      "invalid_value",
      `Invalid value: '${value}'. Supported values are: ${supported}.`,
      path,
    );
  };
}

export function nullable(check: Check): Check {
  return (value, path) => value === null || check(value, path);
}

/** `check` for objects, `otherwise` for everything else. */
export function objectOr(check: Check, otherwise: Check): Check {
  return (value, path) => (isObject(value) ? check : otherwise)(value, path);
}

/** A list of `min` to `max` elements. */
export function arrayField(check: Check, max = Infinity, min = 0): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(value, path, "an array");
    if (value.length < min) throw invalidValue(path, `array too short. Expected at least ${min} elements.`);
    if (value.length > max) throw invalidValue(path, `array too long. Expected at most ${max} elements.`);
    value.forEach((element, index) => check(element, `${path}[${index}]`));
  };
}

/** The error for a value that has the right type and is not allowed. */
export function invalidValue(path: string, why: string): ProtocolError {
  return new ProtocolError("invalid_value", `Invalid '${path}': ${why}`, path);
}

function wrongType(value: unknown, path: string, wanted: string): ProtocolError {
  const given = value === null
    ? "null"
    : Array.isArray(value)
    ? "an array"
    : `a value of type ${typeof value}`;
  return new ProtocolError(
    "invalid_type",
    `Invalid type for '${path}': expected ${wanted}, but got ${given} instead.`,
    path,
  );
}

function requireField(record: Record<string, unknown>, name: string, path: string): void {
  if (Object.hasOwn(record, name)) return;
  const child = join(path, name);
  throw new ProtocolError("missing_required_parameter", `Missing required parameter: '${child}'.`, child);
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (!isObject(value)) throw wrongType(value, path || "event", "an object");
  return value;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
