import * as v from "valibot";
import { readPrivateHosts } from "../util/private_hosts.ts";
import { isLoopback } from "../util/loopback.ts";

/** A kind of value that a variable can have, and how it is read. */
export interface Kind<Schema extends v.GenericSchema<string, unknown>> {
  schema: Schema;
  /** What is wanted, to be read after `must be`; undefined where any text will do. */
  wanted?: string;
}

/** Any text but an empty one, without the white space around it. */
export const plainText = {
  schema: v.pipe(v.string(), v.trim(), v.minLength(1, "must not be empty")),
};

/** What an HTTP header can carry. A placeholder from a document, such as `sk-…`, has other characters. */
const HEADER_TEXT = /^[\x20-\x7e]*$/;
/** A placeholder that is written in ASCII: `sk-...`, `sk-xxxx`, `<key>`, `your-api-key`. */
const PLACEHOLDER = /^(?:sk-)?(?:\.{2,}|x{3,}|<.*>|(?:proj-)?your[-_ ].*)$/i;

const KEY_WANTED = "the key itself, in ASCII characters";

/** A key, which is sent in a header, without the white space around it. */
export const apiKey = {
  wanted: KEY_WANTED,
  schema: v.pipe(
    plainText.schema,
    v.check((text) => HEADER_TEXT.test(text) && !PLACEHOLDER.test(text), `must be ${KEY_WANTED}`),
  ),
};

/** A text too long to be guessed, which is sent in a header, without the white space around it. */
export function secretText(leastChars: number) {
  const wanted = `a text of at least ${leastChars} ASCII characters`;
  return {
    wanted,
    schema: v.pipe(
      v.string(),
      v.trim(),
      v.minLength(leastChars, `must be ${wanted}`),
      v.regex(HEADER_TEXT, `must be ${wanted}`),
    ),
  };
}

/** An https URL; plain HTTP on loopback only. */
export const webUrl = url(["https:", "http:"], "an https URL without a query");

/** The same; also plain HTTP to a host of one's own network. */
export const ownServerUrl = url(
  ["https:", "http:"],
  "an https URL without a query; http in your own network",
  {
    mayBePlain: isPrivateHost,
  },
);

/** The same; a user and a password may be in it, which a proxy in front of the server asks for. */
export const webUrlWithCredentials = url(["https:", "http:"], "an https URL without a query", {
  mayHaveUser: true,
});

/** An https URL with whatever is in it, a query too; plain HTTP on loopback only. */
export const webUrlWithQuery = url(["https:", "http:"], "an https URL", {
  mayHaveUser: true,
  mayHaveQuery: true,
});

/** The address of a WebSocket. */
export const socketUrl = url(["wss:", "ws:"], "a wss URL without a query");

/** A whole number in decimal digits. */
export function digits(least: number, most: number) {
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

/** One of some names. */
export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  const wanted = `one of ${names.join(", ")}`;
  return { wanted, schema: v.picklist(names, `must be ${wanted}`) };
}

const TOKENS_WANTED = "an auth token in ASCII characters, or up to 16 separated by commas";

/** Up to 16 texts, separated by commas; REST requests have them in a header. */
export const authTokenList = {
  wanted: TOKENS_WANTED,
  schema: v.pipe(
    v.string(),
    v.regex(/^\s*[^\s,][^,]*(?:,\s*[^\s,][^,]*){0,15}$/, `must be ${TOKENS_WANTED}`),
    v.check((text) => HEADER_TEXT.test(text) && !PLACEHOLDER.test(text.trim()), `must be ${TOKENS_WANTED}`),
  ),
};

/** Text that matches a pattern. @param wanted as of a {@link Kind} */
export function matching(form: RegExp, wanted: string) {
  return { wanted, schema: v.pipe(v.string(), v.regex(form, `must be ${wanted}`)) };
}

interface UrlOptions {
  readonly mayHaveUser?: boolean;
  readonly mayHaveQuery?: boolean;
  /** Whether plain HTTP may go to a host. Default: to loopback only. */
  readonly mayBePlain?: (host: string) => boolean;
}

function url(
  protocols: readonly string[],
  wanted: string,
  { mayHaveUser = false, mayHaveQuery = false, mayBePlain = isLoopback }: UrlOptions = {},
) {
  const schema = v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => {
      const parsed = URL.parse(text);
      // The parser passes over tabs and line ends, which would stand in all that is made of the text.
      if (parsed === null || /\s/.test(text)) return false;
      const { protocol, hostname, username, password } = parsed;
      const isPlain = protocol === "http:" && !mayBePlain(hostname);
      const isBare = (mayHaveQuery || !/[?#]/.test(text)) && (mayHaveUser || !(username || password));
      return !isPlain && protocols.includes(protocol) && isBare;
    }, `must be ${wanted}`),
    v.transform((text) => text.replace(/\/+$/, "")),
  );
  return { wanted, schema };
}

/**
 * Loopback, private addresses, and names that no public name server knows, such as `embedder` or `box.local`.
 */
function isPrivateHost(host: string): boolean {
  return isLoopback(host) || /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3})+$/.test(host) ||
    /^\[f[cd]/.test(host) || /^[a-z][a-z0-9-]*(?:\.(?:local|internal|lan))?$/.test(host);
}

const URLS_WANTED = `${webUrl.wanted}, or up to 3 separated by commas`;

/** Up to three {@link webUrl}, separated by commas. */
export const webUrlList = {
  wanted: URLS_WANTED,
  schema: v.pipe(
    v.string(),
    v.transform((text) => text.split(",").map((url) => url.trim())),
    v.array(webUrl.schema, `must be ${URLS_WANTED}`),
    v.maxLength(3, `must be ${URLS_WANTED}`),
    v.transform((urls) => urls.join(",")),
  ),
};

const HOSTS_WANTED = "hosts separated by commas, each a name or address and perhaps a port";

/** Hosts, separated by commas. */
export const privateHostList = {
  wanted: HOSTS_WANTED,
  schema: v.pipe(
    v.string(),
    v.transform(readPrivateHosts),
    v.array(v.string(), `must be ${HOSTS_WANTED}`),
  ),
};

/** Where the businesses are described. */
export type BusinessPlace =
  | { readonly in: "folder"; readonly path: string }
  | { readonly in: "collection"; readonly name: string };

/** The collection that `mongodb` alone stands for. */
const DEFAULT_COLLECTION = "businesses";
/** A name that needs no quoting anywhere and is not one of MongoDB's own. */
const COLLECTION = /^(?!system\.)[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

const PLACE_WANTED = "a folder, or mongodb:COLLECTION for a collection of MONGODB_URI";

/**
 * A folder, `mongodb:COLLECTION`, or `mongodb` for the collection `businesses`; a folder of that name is
 * `./mongodb`.
 */
export const businessPlace = {
  wanted: PLACE_WANTED,
  schema: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, "must not be empty"),
    v.transform(parsePlace),
    v.check((place) => place.in === "folder" || COLLECTION.test(place.name), `must be ${PLACE_WANTED}`),
  ),
};

function parsePlace(text: string): BusinessPlace {
  const name = /^mongodb(?::(.*))?$/s.exec(text);
  return name === null
    ? { in: "folder", path: text }
    : { in: "collection", name: name[1] ?? DEFAULT_COLLECTION };
}

const price = v.pipe(v.number(), v.minValue(0));

/** Prices as JSON, of the shape of `PriceTable` in `call/journal/prices.ts`; every part may be left out. */
export const priceTable = {
  wanted: "JSON of models and transcription",
  schema: v.pipe(
    v.string(),
    v.parseJson(undefined, "must be JSON"),
    v.strictObject({
      models: v.optional(v.record(
        v.string(),
        v.strictObject(
          v.entriesFromList(
            ["textIn", "cachedTextIn", "textOut", "audioIn", "cachedAudioIn", "audioOut"],
            price,
          ),
          "must give each model textIn, cachedTextIn, textOut, audioIn, cachedAudioIn and audioOut, in USD a million tokens",
        ),
      )),
      transcription: v.optional(v.record(
        v.string(),
        v.strictObject(
          { tokensIn: v.optional(price), tokensOut: v.optional(price), minute: v.optional(price) },
          "must give each transcription model tokensIn and tokensOut in USD a million tokens, or minute in USD",
        ),
      )),
    }, "must be an object with models and transcription"),
  ),
};
