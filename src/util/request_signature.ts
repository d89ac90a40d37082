import { hmacKey, toHex } from "./hmac.ts";

/**
 * The headers that sign a request of ours to a business's server, as HTTP tools, look-ups and record webhooks
 * send them; none without a secret.
 *
 * - `X-Slimline-Timestamp`: Unix time of the request, in whole seconds.
 * - `X-Slimline-Signature`: `v1=` and, in lower-case hex, HMAC-SHA256 with the signing secret (its UTF-8
 *   bytes) over the timestamp, a full stop and the raw request body.
 *
 * To verify: compute the same over the timestamp header and the body as received, before any parsing; compare
 * in constant time; and refuse timestamps more than five minutes away from your clock, so that nothing can be
 * replayed later.
 */
export async function requestSignature(
  secret: string | undefined,
  body: string,
  epochMs: number,
): Promise<Record<string, string>> {
  if (secret === undefined || secret === "") return {};
  const timestamp = String(Math.floor(epochMs / 1000));
  const signed = encoder.encode(`${timestamp}.${body}`);
  const signature = await crypto.subtle.sign("HMAC", await hmacKey(secret, "SHA-256"), signed);
  return { "x-slimline-timestamp": timestamp, "x-slimline-signature": `v1=${toHex(signature)}` };
}

const encoder = new TextEncoder();
