import { type TwilioSigner, webhookUrls } from "../signature.ts";
import type { Clock } from "../../../util/clock.ts";
import { readBody } from "../../../http/request_body.ts";
import { textResponse } from "../../../http/router.ts";

/** Longest webhook body accepted; Twilio's are about 1 kB. */
export const MAX_FORM_BYTES = 65_536;

/**
 * The form of a webhook that Twilio signed, or the answer that refuses it: 400 without a signature, 403 with a wrong one,
 * 413 or 408 for a body that Twilio would not send.
 *
 * @param signer undefined verifies nothing (`--insecure`)
 * @param publicUrl the origin that Twilio requested; request headers are never believed
 */
export async function readWebhook(
  request: Request,
  signer: TwilioSigner | undefined,
  publicUrl: string,
  clock: Clock,
): Promise<URLSearchParams | Response> {
  const body = await readBody(request, MAX_FORM_BYTES, clock);
  if (body instanceof Response) return body;
  const form = new URLSearchParams(body);
  if (!signer) return form;
  const signature = request.headers.get("x-twilio-signature");
  if (signature === null) return textResponse(400, "The X-Twilio-Signature header is missing.");
  const { pathname, search } = new URL(request.url);
  if (await signer.verify(signature, webhookUrls(publicUrl + pathname + search), form)) return form;
  return textResponse(
    403,
    "The signature does not fit. Are PUBLIC_URL and TWILIO_AUTH_TOKEN those of this number?",
  );
}

/** TwiML as an answer. */
export function twiml(document: string): Response {
  return new Response(document, { headers: { "content-type": "text/xml; charset=utf-8" } });
}
