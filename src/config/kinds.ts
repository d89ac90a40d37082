import * as v from "valibot";
import { isLoopback } from "./loopback.ts";

/** A kind of value that a variable can have. */
export interface Kind<Schema extends v.GenericSchema<string, unknown>> {
  schema: Schema;
  /** What is wanted, to be read after `must be`; undefined where any text will do. */
  wanted?: string;
}

/** Any text but an empty one, without the white space around it. */
export const text = {
  schema: v.pipe(v.string(), v.trim(), v.minLength(1, "must not be empty")),
};

/** A text that is not guessed soon, without the white space around it. */
export function longText(leastChars: number) {
  const wanted = `a text of at least ${leastChars} characters`;
  return { wanted, schema: v.pipe(v.string(), v.trim(), v.minLength(leastChars, `must be ${wanted}`)) };
}

/** An address of the web, plain HTTP on loopback only. */
export const webUrl = url(["https:", "http:"], "an https URL without a query");

/** The address of a WebSocket. */
export const socketUrl = url(["wss:", "ws:"], "a wss URL without a query");

/** A whole number in decimal digits. */
export function integer(least: number, most: number) {
  const wanted = `a whole number from ${least} to ${most}`;
  const message = `must be ${wanted}`;
  const schema = v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
  return { wanted, schema };
}

export function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  const wanted = `one of ${names.join(", ")}`;
  return { wanted, schema: v.picklist(names, `must be ${wanted}`) };
}

/** Text of a form. @param wanted as of a {@link Kind} */
export function matching(form: RegExp, wanted: string) {
  return { wanted, schema: v.pipe(v.string(), v.regex(form, `must be ${wanted}`)) };
}

function url(protocols: readonly string[], wanted: string) {
  const schema = v.pipe(
    v.string(),
    v.check((text) => {
      const parsed = URL.parse(text);
      if (parsed === null) return false;
      const { protocol, hostname, search, hash, username } = parsed;
      const isPlain = protocol === "http:" && !isLoopback(hostname);
      return !isPlain && protocols.includes(protocol) && !search && !hash && !username;
    }, `must be ${wanted}`),
    v.transform((text) => text.replace(/\/+$/, "")),
  );
  return { wanted, schema };
}
