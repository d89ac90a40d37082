import type { Admission } from "../../../admission/admission.ts";
import type { DayLimits } from "../../../admission/day_limits.ts";
import type { Business, RecordSettings } from "../../../businesses/business.ts";
import type { BusinessDirectory } from "../../../businesses/directory.ts";
import type { CallLookups } from "../../../call/call_lookups.ts";
import type { EndedCalls } from "../../../call/ended_calls.ts";
import type { LiveCalls } from "../../../call/live_calls.ts";
import type { SuspendedCalls } from "../../../call/suspended_calls.ts";
import type { PeerInstances } from "../../../cluster/peer_instances.ts";
import { requestLog } from "../../../http/request_ids.ts";
import { type Handler, textResponse } from "../../../http/router.ts";
import type { Log } from "../../../observability/log.ts";
import type { CallNote } from "../../../records/call_note.ts";
import type { Clock } from "../../../util/clock.ts";
import { shownUrl } from "../../../util/shown_url.ts";
import type { AuthTokens } from "../auth_tokens.ts";
import type { StreamTokens } from "../stream_token.ts";
import type { TwimlContext } from "../twiml.ts";
import { WebhookUrls } from "../webhook_urls.ts";
import type { NotedCalls } from "./noted_calls.ts";
import { readSignedForm } from "./webhook_form.ts";

/** The `CallStatus` values of a call that is over. Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const FINAL_STATUSES: readonly string[] = ["completed", "busy", "no-answer", "failed", "canceled"];

/** What the webhooks work with. */
export interface WebhookServices {
  /** The https URL that Twilio sees, without a slash at its end. */
  publicUrl: string;
  /** What of `publicUrl` is in a request's path too, such as `/phone`. Default: nothing. */
  basePath?: string;
  /** Undefined verifies nothing (`--insecure`). */
  authTokens: AuthTokens | undefined;
  tokens: StreamTokens;
  admission: Admission;
  dayLimits: DayLimits;
  businesses: BusinessDirectory;
  /** Those that are live here. Default: none. */
  calls?: Pick<LiveCalls, "over">;
  suspended: SuspendedCalls;
  ended: EndedCalls;
  peers: PeerInstances;
  /** Opens a Realtime session for the call, so that it is ready when the stream begins. */
  prepare: (callSid: string, business: Business, safetyId: string | undefined) => void;
  /** Asks businesses about calls that come in. Default: nobody is asked. */
  lookups?: CallLookups;
  /** Keeps what is known of calls apart from their streams. Default: nothing is kept. */
  notes?: { noted(settings: RecordSettings, note: CallNote): Promise<void>; written(): Promise<void> };
  /** Which of it this process has told the recorder already. */
  noted: NotedCalls;
  /** Names a caller to OpenAI. */
  safetyIdFor: (number: string) => Promise<string | undefined>;
  clock: Clock;
  log: Log;
}

/** A verified webhook about a call. Source of its form: https://www.twilio.com/docs/voice/twiml#request-parameters */
export interface Webhook {
  /** Of the call whose TwiML is asked for; a whisper's is that of the dialled leg. */
  callSid: string;
  /** Its values have the forms that Twilio gives them: see `webhook_form.ts`. */
  form: URLSearchParams;
  /** What our own TwiML or REST request put into the URL. Signed with it. */
  query: URLSearchParams;
  /**
   * The one that a suspended call began with; else the one that the URL names; else the one that has the
   * called number.
   */
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

/**
 * Answers a webhook about a call once it is known to be Twilio's; refuses what is not, and one without a
 * CallSid with 400.
 */
export function signedWebhook(services: WebhookServices, answer: WebhookHandler): Handler {
  const { businesses, publicUrl, suspended } = services;
  const urls = new WebhookUrls(publicUrl);
  return async (request) => {
    const log = requestLog(services.log, request);
    const form = await readSignedForm(request, services);
    if (form instanceof Response) {
      // A wrong PUBLIC_URL or token shows itself here first, and Twilio's own debugger is seldom open.
      const path = new URL(request.url).pathname;
      const reason = (await form.clone().text()).trim(); // ours, and without any value of the request
      log.warn("webhook_refused", { path, status: form.status, reason, publicUrl: shownUrl(publicUrl) });
      return form;
    }
    const callSid = form.get("CallSid");
    if (callSid === null) return textResponse(400, "CallSid is missing.");
    const query = new URL(request.url).searchParams;
    const id = query.get("business");
    const business = suspended.get(callSid)?.business ??
      (id === null ? businesses.forNumber(form.get("To") ?? "") : businesses.byId(id));
    const isOutbound = form.get("Direction")?.startsWith("outbound") ?? false;
    const callerId = isOutbound ? form.get("From") ?? undefined : undefined;
    const isOver = FINAL_STATUSES.includes(form.get("CallStatus") ?? "");
    const route = { urls, business, callerId };
    return await answer({ ...services, log }, { callSid, form, query, business, isOutbound, isOver, route });
  };
}

/** Answers with TwiML. */
export function twimlResponse(document: string): Response {
  return new Response(document, { headers: { "content-type": "text/xml; charset=utf-8" } });
}
