import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import { type OutboundRoute, WebhookUrls } from "./webhook_urls.ts";
import type { Admission } from "../../admission/admission.ts";
import type { DayLimits } from "../../admission/day_limits.ts";
import type { Log } from "../../observability/log.ts";
import { type TwilioRest, TwilioRestError } from "./twilio_rest.ts";
import type { Clock } from "../../util/clock.ts";
import type { PeerInstances } from "../../cluster/peer_instances.ts";
import { readBody } from "../../http/request_body.ts";
import { type PlaceCallRequest, readPlaceCall } from "./place_call_request.ts";
import { type Handler, jsonResponse } from "../../http/router.ts";

/** Longest body of `POST /calls`. */
export const MAX_PLACE_CALL_BYTES = 16_384;
/** How long an outbound call rings, in seconds; Twilio may add 5. */
const RING_SECONDS = 45;
/** Ringing, and what machine detection may take after it (30 s by Twilio's default), with some time to spare. */
export const RING_RESERVATION_MS = (RING_SECONDS + 5 + 30 + 10) * 1000;

/** What placing calls works with. */
export interface PlaceCallServices {
  publicUrl: string;
  /** The account that pays for outbound calls; undefined: none can be placed. */
  twilioAccountSid: string | undefined;
  rest: TwilioRest;
  admission: Admission;
  dayLimits: DayLimits;
  peers: PeerInstances;
  businesses: BusinessDirectory;
  clock: Clock;
  log: Log;
}

/**
 * `POST /calls`: calls somebody, and lets the model talk to whoever answers. 201 with the `callSid` once Twilio has taken
 * the call. Otherwise `problems`: 400 all that is wrong with the request, 408, 413 and 415 for a body that is too slow,
 * too large or not JSON, 502 Twilio's words, 503 when no call can be taken on.
 */
export function placeCall(services: PlaceCallServices): Handler {
  const urls = new WebhookUrls(services.publicUrl);
  return async (request) => {
    // A web page can send a form or plain text to a loopback address unasked, but not JSON.
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
      return problem(415, "The content type must be application/json.");
    }
    const body = await readBody(request, MAX_PLACE_CALL_BYTES, services.clock);
    if (body instanceof Response) return problem(body.status, (await body.text()).trim());
    const asked = readPlaceCall(body);
    if ("problems" in asked) return jsonResponse(400, asked);
    const caller = callerOf(asked, services.businesses);
    if ("problems" in caller) return jsonResponse(400, caller);
    return await place(services, urls, asked, caller);
  };
}

/** Who calls: a business, by one of its numbers. */
interface OutboundCaller {
  business: Business;
  from: string;
}

function callerOf(
  asked: PlaceCallRequest,
  businesses: BusinessDirectory,
): OutboundCaller | { problems: string[] } {
  const business = speaker(asked, businesses);
  const from = asked.from ?? businesses.numberOf(business);
  const refuse = (problem: string) => ({ problems: [problem] });
  if (asked.business !== undefined && business.id !== asked.business) {
    return refuse(`business ${asked.business} is not one of those that are configured.`);
  }
  if (business === NO_BUSINESS) {
    const why = asked.from === undefined ? "business is missing" : "from belongs to none";
    return refuse(`${why}: name the business that speaks.`);
  }
  if (!businesses.mayCall(business)) return refuse(`business ${business.id} is not in service.`);
  if (from === undefined) return refuse("from is missing, and the business has no number of its own.");
  return { business, from };
}

/** The business that is named, else the one that the number belongs to, else the only one there is. */
function speaker({ business, from }: PlaceCallRequest, businesses: BusinessDirectory): Business {
  if (business !== undefined) return businesses.byId(business);
  return (from === undefined ? businesses.only : businesses.forNumber(from)) ?? NO_BUSINESS;
}

async function place(
  { twilioAccountSid, rest, admission, dayLimits, peers, log }: PlaceCallServices,
  urls: WebhookUrls,
  { to, machineDetection = "off" }: PlaceCallRequest,
  { business, from }: OutboundCaller,
): Promise<Response> {
  if (twilioAccountSid === undefined) return problem(503, "TWILIO_ACCOUNT_SID is needed to place calls.");
  // The slot has a name of its own: the call may be answered before Twilio's answer tells us its CallSid.
  const slot = crypto.randomUUID();
  const others = business.limits.callsAtOnce === undefined ? 0 : await peers.slotsOf(business.id);
  const refusal = dayLimits.isSpent(business)
    ? "day_limit"
    : admission.reserve(slot, { business, slotsAtPeers: others, lifetimeMs: RING_RESERVATION_MS });
  if (refusal) {
    admission.turnedAway(refusal);
    return problem(503, `No call can be taken on: ${refusal}.`);
  }
  const onMachine = machineDetection === "off" ? undefined : machineDetection;
  const route: OutboundRoute = { businessId: business.id, slot, onMachine };
  try {
    const { callSid } = await rest.createCall({
      accountSid: twilioAccountSid,
      to,
      from,
      url: urls.outboundVoice(route),
      statusCallback: urls.outboundStatus(route),
      statusCallbackEvents: ["ringing", "answered", "completed"],
      timeoutSeconds: RING_SECONDS,
      machineDetection: onMachine && (onMachine === "hang_up" ? "Enable" : "DetectMessageEnd"),
    });
    log.info("call_placed", { call: callSid, business: business.id, to, businessNumber: from });
    return jsonResponse(201, { callSid });
  } catch (error) {
    if (!(error instanceof TwilioRestError)) throw error;
    // After an ambiguous failure the call may ring all the same; its slot then expires by itself or by its status.
    if (!error.isAmbiguous) admission.cancel(slot);
    log.warn("call_not_placed", { business: business.id, code: error.code, twilioCode: error.twilioCode });
    return jsonResponse(502, { problems: [error.message], code: error.code, twilioCode: error.twilioCode });
  }
}

function problem(status: number, sentence: string): Response {
  return jsonResponse(status, { problems: [sentence] });
}
