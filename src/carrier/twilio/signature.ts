import { hmacKey } from "../../util/hmac.ts";

/*
 * `X-Twilio-Signature`: base64 of HMAC-SHA1 with the account's auth token over the URL that Twilio requested, followed by
 * each POST parameter's name and value, sorted by name. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security;
 * repeated parameters and default ports are treated as in Twilio's own SDK.
 */

const encoder = new TextEncoder();

/** Verifies and makes signatures with one auth token. The key is imported once. */
export class TwilioSigner {
  readonly #key: Promise<CryptoKey>;

  /** @param authToken the primary auth token of the account that owns the calls */
  constructor(authToken: string) {
    this.#key = hmacKey(authToken, "SHA-1");
  }

  /** The signature of a request to `url` with the form `params`, in base64. */
  async sign(url: string, params: URLSearchParams = noParams): Promise<string> {
    const signature = await crypto.subtle.sign("HMAC", await this.#key, signedBytes(url, params));
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  }

  /** True when `signature` (base64, or null when the header was missing) fits any of `urls`. Compares in constant time. */
  async verify(
    signature: string | null,
    urls: readonly string[],
    params: URLSearchParams = noParams,
  ): Promise<boolean> {
    const bytes = signature === null ? undefined : decodeBase64(signature);
    if (!bytes) return false;
    const key = await this.#key;
    for (const url of urls) {
      if (await crypto.subtle.verify("HMAC", key, bytes, signedBytes(url, params))) return true;
    }
    return false;
  }
}

/** The URLs that Twilio may have signed for a webhook to `url`: as it is, or with the standard port written out. */
export function webhookUrls(url: string): string[] {
  return [url, withStandardPort(url)];
}

/**
 * The URLs that Twilio may have signed for the upgrade of a media stream. Its documentation does not name the signed scheme
 * and mentions a trailing slash only in passing; no form can be forged without the token, so any will do.
 */
export function streamUrls(url: string): string[] {
  const bare = url.replace(/\/$/, "").replace(/^(wss|https):/, "");
  return ["wss:", "https:"].flatMap((scheme) =>
    [`${scheme}${bare}`, `${scheme}${bare}/`].flatMap((form) => [form, withStandardPort(form)])
  );
}

const noParams = new URLSearchParams();

function signedBytes(url: string, params: URLSearchParams): Uint8Array<ArrayBuffer> {
  let text = url;
  for (const name of [...new Set(params.keys())].sort()) {
    for (const value of [...new Set(params.getAll(name))].sort()) text += name + value;
  }
  return encoder.encode(text);
}

/** Adds `:443`; a URL that names a port keeps it. The text is cut, not parsed: parsing would rewrite what was signed. */
function withStandardPort(url: string): string {
  return url.replace(/^((?:https|wss):\/\/[^/?#:]+)(?=[/?#]|$)/, "$1:443");
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined; // not base64, so not a signature
  }
}
