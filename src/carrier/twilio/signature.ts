import { parse, stringify } from "node:querystring";
import { hmacKey, toHex } from "../../util/hmac.ts";

/*
 * `X-Twilio-Signature`: base64 of HMAC-SHA1 with the account's auth token over the URL that Twilio requested,
 * followed by each POST parameter's name and value, sorted by name. Source:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security; which forms of a URL count is as in Twilio's
 * own library, npm `twilio` 6.2.0, `lib/webhooks/webhooks.js`.
 */

/**
 * Base64 of the 20 bytes of a SHA-1: 27 characters and one of padding. Anything else is refused before it
 * costs anything.
 */
const SIGNATURE_FORM = /^[A-Za-z0-9+/]{27}=$/;

const encoder = new TextEncoder();

/** Verifies and makes signatures with one auth token. The key is imported once. */
export class TwilioSigner {
  readonly #key: Promise<CryptoKey>;

  /** @param authToken the primary auth token of the account that owns the calls */
  constructor(authToken: string) {
    this.#key = hmacKey(authToken, "SHA-1");
  }

  /** The signature of a request to `url` with the form `params`, in base64. */
  async sign(url: string, params?: URLSearchParams): Promise<string> {
    const bytes = encoder.encode(url + signedText(params));
    const signature = await crypto.subtle.sign("HMAC", await this.#key, bytes);
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  }

  /** Whether these bytes are the signature of `signed`. Compares in constant time. */
  async verify(signature: BufferSource, signed: BufferSource): Promise<boolean> {
    return await crypto.subtle.verify("HMAC", await this.#key, signature, signed);
  }
}

/**
 * True when one of `signers` made `signature` (base64, or null when the header was missing) over one of
 * `urls` and the form. Asks for no more URLs than it needs.
 */
export async function isSignedByAny(
  signers: readonly TwilioSigner[],
  signature: string | null,
  urls: Iterable<string>,
  params?: URLSearchParams,
): Promise<boolean> {
  if (!isSignatureForm(signature)) return false;
  const bytes = Uint8Array.from(atob(signature), (char) => char.charCodeAt(0));
  const text = signedText(params);
  for (const url of urls) {
    const signed = encoder.encode(url + text);
    for (const signer of signers) if (await signer.verify(bytes, signed)) return true;
  }
  return false;
}

/** Whether a header could be a signature at all. */
export function isSignatureForm(signature: string | null): signature is string {
  return signature !== null && SIGNATURE_FORM.test(signature);
}

/**
 * The URLs that Twilio may have signed for a webhook to `url`: as it is, without a port and with the standard
 * one; then the same as a URL parser rewrites it, and with the query encoded as Node's `querystring` does.
 * Each is made only when those before it did not fit.
 *
 * @param url as it was requested, in the characters of the request
 */
export function* webhookUrls(url: string): Generator<string> {
  const tried = new Set<string>();
  for (const form of libraryForms(url)) {
    if (tried.size < tried.add(form).size) yield form;
  }
}

function* libraryForms(url: string): Generator<string> {
  yield withoutPort(url);
  yield withStandardPort(url);
  const parsed = URL.parse(url)?.href;
  if (parsed === undefined) return;
  const forms = [withoutPort(parsed), withStandardPort(parsed)];
  yield* forms;
  yield* forms.map(withLegacyQuery);
}

/**
 * The URLs that Twilio may have signed for the upgrade of a media stream. Its documentation does not name the
 * signed scheme and mentions a trailing slash only in passing; no form can be forged without the token, so
 * any will do.
 */
export function* streamUrls(url: string): Generator<string> {
  const bare = url.replace(/\/$/, "").replace(/^(wss?|https?):/, "");
  for (const scheme of ["wss:", "https:"]) {
    for (const form of [`${scheme}${bare}`, `${scheme}${bare}/`]) {
      yield* new Set([form, withoutPort(form), withStandardPort(form), withPort(form, ":443")]);
    }
  }
}

/** Whether a URL says what the body's digest is. Its parameters are then not signed one by one. */
export function namesBodyDigest(url: string): boolean {
  return url.includes("bodySHA256");
}

/** Whether a body is the one whose SHA-256 the signed URL names as `bodySHA256`. */
export async function fitsBodyDigest(url: string, body: string): Promise<boolean> {
  const wanted = URL.parse(url)?.searchParams.get("bodySHA256");
  return wanted === toHex(await crypto.subtle.digest("SHA-256", encoder.encode(body)));
}

/** Each name with its different values, in the order of UTF-16. */
function signedText(params: URLSearchParams = new URLSearchParams()): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of params) {
    const others = values.get(name);
    if (others) others.add(value);
    else values.set(name, new Set([value]));
  }
  let text = "";
  for (const [name, different] of [...values].sort(([a], [b]) => a < b ? -1 : 1)) {
    for (const value of [...different].sort()) text += name + value;
  }
  return text;
}

/**
 * Scheme, credentials, host and port of a URL. The text is cut, not parsed: parsing would rewrite what was
 * signed.
 */
const AUTHORITY = /^([a-z][a-z0-9+.-]*:\/\/)((?:[^/?#]*@)?)(\[[^\]/?#]*\]|[^:/?#]*)(:[^/?#]*)?/i;

function withoutPort(url: string): string {
  return url.replace(AUTHORITY, "$1$2$3");
}

/** A URL that names a port keeps it. Twilio's library takes 80 for the standard port of `wss` too. */
function withStandardPort(url: string): string {
  return withPort(url, /^https:/i.test(url) ? ":443" : ":80");
}

function withPort(url: string, standard: string): string {
  return url.replace(
    AUTHORITY,
    (_, scheme, user, host, port) => `${scheme}${user}${host}${port ?? standard}`,
  );
}

function withLegacyQuery(url: string): string {
  const start = url.indexOf("?") + 1;
  return start === 0 ? url : url.slice(0, start) + stringify(parse(url.slice(start)));
}
