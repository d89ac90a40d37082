import type { Admission } from "../../../admission/admission.ts";
import type { DayLimits } from "../../../admission/day_limits.ts";
import type { Business } from "../../../businesses/business.ts";
import type { BusinessDirectory } from "../../../businesses/directory.ts";
import type { EndedCalls } from "../../../call/ended_calls.ts";
import type { SuspendedCalls } from "../../../call/suspended_calls.ts";
import type { PeerInstances } from "../../../cluster/peer_instances.ts";
import { readBody } from "../../../http/request_body.ts";
import { type Handler, textResponse } from "../../../http/router.ts";
import type { Log } from "../../../observability/log.ts";
import type { Clock } from "../../../util/clock.ts";
import { type TwilioSigner, webhookUrls } from "../signature.ts";
import type { StreamTokens } from "../stream_token.ts";
import type { TwimlContext } from "../twiml.ts";
import { WebhookUrls } from "../webhook_urls.ts";

/** Longest webhook body accepted; Twilio's are about 1 kB. */
export const MAX_FORM_BYTES = 65_536;

/** The `CallStatus` values of a call that is over. Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const FINAL_STATUSES: readonly string[] = ["completed", "busy", "no-answer", "failed", "canceled"];

/** What the webhooks work with. */
export interface WebhookServices {
  /** The https URL that Twilio sees, without a slash at its end. */
  publicUrl: string;
  /** Undefined verifies nothing (`--insecure`). */
  signer: TwilioSigner | undefined;
  tokens: StreamTokens;
  admission: Admission;
  dayLimits: DayLimits;
  businesses: BusinessDirectory;
  suspended: SuspendedCalls;
  ended: EndedCalls;
  peers: PeerInstances;
  /** Opens a Realtime session for the call, so that it is ready when the stream begins. */
  prepare: (callSid: string, business: Business, safetyId: string | undefined) => void;
  /** Names a caller to OpenAI. */
  safetyIdFor: (number: string) => Promise<string | undefined>;
  clock: Clock;
  log: Log;
}

/** A verified webhook about a call. Source of its form: https://www.twilio.com/docs/voice/twiml#request-parameters */
export interface Webhook {
  /** Of the call whose TwiML is asked for; a whisper's is that of the dialled leg. */
  callSid: string;
  form: URLSearchParams;
  /** What our own TwiML or REST request put into the URL. Signed with it. */
  query: URLSearchParams;
  /** The one that a suspended call began with; else the one that the URL names; else the one that has the called number. */
  business: Business;
  /** True when we placed the call. */
  isOutbound: boolean;
  /** True when the call is over: nobody hears the answer. Some webhooks come even then. */
  isOver: boolean;
  /** For TwiML that leads on from here. */
  route: TwimlContext;
}

/** Answers a verified webhook. */
export type WebhookHandler = (services: WebhookServices, hook: Webhook) => Response | Promise<Response>;

/** Answers a webhook about a call once it is known to be Twilio's; refuses what is not, and a malformed CallSid with 400. */
export function signedWebhook(services: WebhookServices, answer: WebhookHandler): Handler {
  const { businesses, clock, log, publicUrl, signer, suspended } = services;
  const urls = new WebhookUrls(publicUrl);
  return async (request) => {
    const form = await readSignedForm(request, signer, publicUrl, clock);
    if (form instanceof Response) {
      // A wrong PUBLIC_URL or token shows itself here first, and Twilio's own debugger is seldom open.
      log.warn("webhook_refused", { path: new URL(request.url).pathname, status: form.status, publicUrl });
      return form;
    }
    const callSid = form.get("CallSid") ?? "";
    if (!/^CA[0-9a-fA-F]{32}$/.test(callSid)) {
      return textResponse(400, "CallSid must be CA and 32 hexadecimal digits.");
    }
    const query = new URL(request.url).searchParams;
    const id = query.get("business");
    const business = suspended.business(callSid) ??
      (id === null ? businesses.forNumber(form.get("To") ?? "") : businesses.byId(id));
    const isOutbound = form.get("Direction")?.startsWith("outbound") ?? false;
    const callerId = isOutbound ? form.get("From") ?? undefined : undefined;
    const isOver = FINAL_STATUSES.includes(form.get("CallStatus") ?? "");
    const route = { urls, business, callerId };
    return await answer(services, { callSid, form, query, business, isOutbound, isOver, route });
  };
}

/**
 * The form of a webhook that Twilio signed, or the answer that refuses it: 400 without a signature, 403 with a wrong one,
 * 413 or 408 for a body that Twilio would not send.
 *
 * @param signer undefined verifies nothing (`--insecure`)
 * @param publicUrl the origin that Twilio requested; request headers are never believed
 */
export async function readSignedForm(
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

/** Answers with TwiML. */
export function twimlResponse(document: string): Response {
  return new Response(document, { headers: { "content-type": "text/xml; charset=utf-8" } });
}
