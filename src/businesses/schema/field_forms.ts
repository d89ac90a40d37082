import * as v from "valibot";
import { addressKind, isAddress } from "../../egress/address_ranges.ts";
import { isLoopback } from "../../util/loopback.ts";
import { nearest } from "../../util/nearest.ts";

/*
 * The kinds of value in a business file. Each has one message, the form that is wanted, written to follow the
 * value's path: "transfers[0].number must be E.164 …". No message repeats the value itself, which could be a
 * secret.
 */

/** What the documentation says of a field beside its description; no part of the JSON schema. */
export interface FieldNotes {
  /** Of a number, such as `ms`. */
  readonly unit?: string;
  /** The form of a text, where a pattern alone would tell a reader nothing. */
  readonly form?: string;
  /** What applies where the field is left out and its default is no plain value. */
  readonly leftOut?: string;
}

/** Attaches notes for the documentation to a field. */
export function notes<Value>(given: FieldNotes): v.MetadataAction<Value, Record<string, unknown>> {
  return v.metadata({ ...given });
}

/**
 * Most characters of words that Twilio speaks: half a minute. They fit into TwiML for REST even when each is
 * escaped.
 */
const MAX_SPOKEN_CHARS = 400;
/** Longest URL, in characters. */
const MAX_URL_CHARS = 2_000;
/** Most characters of an instruction within a section. */
export const MAX_HINT_CHARS = 4_000;

/**
 * A field that may be left out: its kind, its description, and its default if it has one.
 * @param value a function for one that stays out of the JSON schema
 */
export function setting<
  Kind extends v.GenericSchema,
  const Value extends v.Default<Kind, undefined> = undefined,
>(
  kind: Kind,
  about: string,
  value?: Value,
  more: FieldNotes = {},
) {
  return v.optional(v.pipe(kind, v.description(about), notes(more)), value as Value);
}

/** Text of `least` to `most` characters. */
export function text(most: number, least = 1) {
  const wanted = `must be a text of ${least === 0 ? "at most" : `${least} to`} ${most} characters`;
  return v.pipe(v.string(wanted), v.minLength(least, wanted), v.maxLength(most, wanted));
}

/** Of words that Twilio speaks where a file gives none: own_words.ts has them, by the business's language. */
export const OWN: FieldNotes = { leftOut: "own words" };

/** Words that Twilio speaks; may be empty. */
export function spoken() {
  return text(MAX_SPOKEN_CHARS, 0);
}

/**
 * Text that a pattern describes.
 * @param wanted such as `must be …, such as …` @param form for the documentation
 */
export function pattern(regex: RegExp, wanted: string, form?: string) {
  return v.pipe(v.string(wanted), v.regex(regex, wanted), notes({ form }));
}

/**
 * A path that cannot lead out of the folder, as far as its text goes. `.` matches none of the characters that
 * end a line.
 */
// deno-lint-ignore no-control-regex -- the JSON schema has it too, and not every reader of one knows \p{Cc}
const BELOW = /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}$/;

/** A file beside the business's or below. @param example a name */
export function fileBeside(example: string) {
  return pattern(BELOW, `must be the path of a file beside this one or below, such as ${example}`, "path");
}

/** A number from `least` to `most`. @param unit for the documentation */
export function amount(least: number, most: number, unit?: string) {
  const wanted = `must be a number from ${least} to ${most}`;
  return v.pipe(v.number(wanted), v.minValue(least, wanted), v.maxValue(most, wanted), notes({ unit }));
}

/** A whole number from `least` to `most`. @param unit for the documentation, such as `ms` */
export function wholeNumber(least: number, most: number, unit?: string) {
  const wanted = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(wanted),
    v.integer(wanted),
    v.minValue(least, wanted),
    v.maxValue(most, wanted),
    notes({ unit }),
  );
}

/** True or false. */
export function flag() {
  return v.boolean("must be true or false");
}

/** One of some names. */
export function oneName<const Names extends readonly [string, ...string[]]>(names: Names) {
  return v.picklist(names, `must be one of ${names.join(", ")}`);
}

/** A telephone number in E.164. */
export function telephone() {
  return pattern(/^\+[1-9]\d{6,14}$/, "must be E.164: + and 7 to 15 digits, such as +15550100000", "E.164");
}

/** ISO-639-1, or -3 for a language that has no shorter code. */
export function language() {
  return pattern(/^[a-z]{2,3}$/, "must be an ISO-639 code such as en", "ISO-639 code");
}

/**
 * A URL that needs no mending, which a parser for browsers does without a word: whoever it is sent to may be
 * stricter. No user, even an empty one.
 */
const AS_WRITTEN = /^[a-z]+:\/\/[^\s\p{C}\\\/@?#]+(?:[\/?#][^\s\p{C}\\]*)?$/iu;

/**
 * An https URL of a public host. What a name leads to is seen when it is called; a URL that is no name can be
 * seen here.
 * @param mayBePlain http is fine on this machine, and an address of a private network may be one that the
 * operator lists
 */
export function webAddress({ mayBePlain }: { mayBePlain: boolean }) {
  const wanted = "must be an https URL without user and password";
  return v.pipe(
    v.string(wanted),
    v.maxLength(MAX_URL_CHARS, `must have at most ${MAX_URL_CHARS} characters`),
    v.check((given) => {
      const url = URL.parse(given);
      if (url === null || !AS_WRITTEN.test(given)) return false;
      return url.protocol === "https:" ||
        (mayBePlain && url.protocol === "http:" && isLoopback(url.hostname));
    }, wanted),
    v.check((given) => {
      const url = URL.parse(given);
      if (url === null || !isAddress(url.hostname)) return true;
      const kind = addressKind(url.hostname.replace(/^\[|\]$/g, ""));
      return kind === "public" || (mayBePlain && kind !== "forbidden");
    }, "must not lead to an address that is not public, such as a metadata service's"),
    notes({ form: "https URL" }),
  );
}

/** A list. @param wanted such as `a list of numbers` */
export function list<Item extends v.GenericSchema>(item: Item, wanted: string, most: number, least = 0) {
  const bounds = `must be ${wanted}, ${least === 0 ? "at most" : `${least} to`} ${most}`;
  return v.pipe(v.array(item, bounds), v.minLength(least, bounds), v.maxLength(most, bounds));
}

/** An object of these fields and no others, so that a misspelt one is found. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries);
  const known = names.join(", ");
  return v.strictObject(entries, ({ expected, path }) => {
    const key = String(path?.at(-1)?.key);
    if (expected === "never") {
      const meant = nearest(key, names);
      return `is not known here; ${meant ? `did you mean ${meant}?` : `known are ${known}`}`;
    }
    if (expected === "Object") return `must be an object of ${known}`;
    return `is missing: it ${wantedForm(entries[key] as v.GenericSchema)}`;
  });
}

/**
 * The message of an object with a field `key` that says what it is: one where that is wrong, another for all
 * else.
 */
export function byKey(key: string, wrongKey: string, otherwise: string) {
  return ({ path }: v.BaseIssue<unknown>): string => path?.at(-1)?.key === key ? wrongKey : otherwise;
}

/** What a schema says about a value that is not there at all. */
function wantedForm(schema: v.GenericSchema): string {
  return v.safeParse(schema, undefined).issues?.[0].message ?? "is wanted";
}
