import type { Business } from "../../../businesses/business.ts";
import type { BusinessDirectory } from "../../../businesses/directory.ts";
import type { TwimlContext } from "../call_twiml.ts";
import type { SuspendedCalls } from "../../../call/suspended_calls.ts";
import { WebhookUrls } from "../webhook_urls.ts";
import { isFinalStatus } from "../call_status.ts";
import type { Log } from "../../../observability/log.ts";
import type { TwilioSigner } from "../signature.ts";
import type { Clock } from "../../../util/clock.ts";
import type { PeerInstances } from "../../../cluster/peer_instances.ts";
import { type Handler, textResponse } from "../../../http/router.ts";
import { readWebhook } from "./twilio_request.ts";

/** What every webhook about a call works with. */
export interface WebhookServices {
  publicUrl: string;
  signer: TwilioSigner | undefined;
  businesses: BusinessDirectory;
  suspended: SuspendedCalls;
  peers: PeerInstances;
  clock: Clock;
  log: Log;
}

/** A verified webhook about a call. */
export interface Webhook {
  /** Of the call whose TwiML is asked for; a whisper's is that of the dialled leg. */
  callSid: string;
  form: URLSearchParams;
  /** What our own TwiML or REST request put into the URL. Signed with it. */
  query: URLSearchParams;
  /** The one that a call which is away began with; else the one that the URL names; else the one that has the called number. */
  business: Business;
  /** True when we placed the call. */
  isOutbound: boolean;
  /** True when the call is over: nobody hears the answer. Some webhooks come even then. */
  isOver: boolean;
  /** For TwiML that leads on from here. */
  route: TwimlContext;
}

/** Answers a webhook about a call once it is known to be Twilio's; refuses what is not, and a malformed CallSid with 400. */
export function webhook(
  services: WebhookServices,
  answer: (hook: Webhook) => Response | Promise<Response>,
): Handler {
  const { businesses, clock, log, publicUrl, signer, suspended } = services;
  const urls = new WebhookUrls(publicUrl);
  return async (request) => {
    const form = await readWebhook(request, signer, publicUrl, clock);
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
    const business = suspended.businessOf(callSid) ??
      (id === null ? businesses.forNumber(form.get("To") ?? "") : businesses.byId(id));
    const isOutbound = form.get("Direction")?.startsWith("outbound") ?? false;
    const callerId = isOutbound ? form.get("From") ?? undefined : undefined;
    const isOver = isFinalStatus(form.get("CallStatus") ?? "");
    const route = { urls, business, callerId };
    return await answer({ callSid, form, query, business, isOutbound, isOver, route });
  };
}
