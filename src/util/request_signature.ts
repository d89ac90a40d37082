import { hmacKey, toHex } from "./hmac.ts";

/**
 * Signature of the requests that HTTP tools and record webhooks send, so that the business's server knows the
 * sender.
 *
 * - `X-Slimline-Timestamp`: Unix time of the request, in whole seconds.
 * - `X-Slimline-Signature`: `v1=` and, in lower-case hex, HMAC-SHA256 with the signing secret (its UTF-8
 *   bytes) over the timestamp, a full stop and the raw request body.
 *
 * To verify: compute the same over the timestamp header and the body as received, before any parsing; compare
 * in constant time; and refuse timestamps more than five minutes away from your clock, so that nothing can be
 * replayed later.
 */
export class RequestSigner {
  readonly #key: Promise<CryptoKey>;

  /** @param secret not empty. The key is imported once */
  constructor(secret: string) {
    this.#key = hmacKey(secret, "SHA-256");
  }

  /** The two headers for a request with this body at this time. */
  async headers(body: string, epochMs: number): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(epochMs / 1000));
    const signed = encoder.encode(`${timestamp}.${body}`);
    const signature = await crypto.subtle.sign("HMAC", await this.#key, signed);
    return { "x-slimline-timestamp": timestamp, "x-slimline-signature": `v1=${toHex(signature)}` };
  }
}

const encoder = new TextEncoder();
