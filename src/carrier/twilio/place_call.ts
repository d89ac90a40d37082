import * as v from "valibot";
import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import { readBody } from "../../http/request_body.ts";
import { type Handler, jsonResponse } from "../../http/router.ts";
import { type TwilioRest, TwilioRestError } from "./twilio_rest.ts";
import { type OutboundRoute, WebhookUrls } from "./webhook_urls.ts";
import type { WebhookServices } from "./webhooks/signed_webhook.ts";

/** Longest body of `POST /calls`. */
export const MAX_PLACE_CALL_BYTES = 16_384;
/** How long a placed call rings, in seconds; Twilio may add 5. */
const RING_SECONDS = 45;
/**
 * How long a slot waits for a placed call: while it rings, while Twilio then finds out whether a machine answered, and some
 * time to spare. Source of the 30 s: https://www.twilio.com/docs/voice/answering-machine-detection
 */
export const RING_RESERVATION_MS = (RING_SECONDS + 5 + 30 + 10) * 1000;

const phoneNumber = v.pipe(
  v.string("must be a text"),
  v.regex(/^\+[1-9]\d{6,14}$/, "must be E.164: + and 7 to 15 digits, such as +15550100000"),
);

const requestSchema = v.strictObject({
  /** Who is called. */
  to: phoneNumber,
  /** The number that calls: one that the Twilio account owns or has verified. Default one of the business's. */
  from: v.exactOptional(phoneNumber),
  /** Id of the business that speaks. Default the one that `from` belongs to, or the only one. */
  business: v.exactOptional(
    v.pipe(v.string("must be a text"), v.regex(/^[a-z0-9-]{1,64}$/, "must be the id of a business")),
  ),
  /** What to do when a machine answers. Default `off`, which treats it like anybody. */
  machineDetection: v.exactOptional(
    v.picklist(["off", "hang_up", "leave_message"], "must be off, hang_up or leave_message"),
  ),
}, "must be a JSON object of to, from, business and machineDetection");

type PlaceCallRequest = v.InferOutput<typeof requestSchema>;

/** What calls are placed with, beside what the webhooks work with. */
export interface PlaceCallServices extends WebhookServices {
  /** The account that pays for the calls; undefined: none can be placed. */
  twilioAccountSid: string | undefined;
  rest: TwilioRest;
}

/**
 * `POST /calls`: calls somebody, and lets the model talk to whoever answers. An endpoint for operators, not for Twilio; it
 * stands here since its answers pass Twilio's refusals on. 201 with the `callSid` once Twilio has accepted the call.
 * Otherwise `problems`: 400 lists all that is wrong with the request, 408, 413 and 415 refuse a body that is too slow, too
 * large or not JSON, 502 has Twilio's words, 503 says why no call can be taken on.
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
    const asked = readRequest(body);
    if ("problems" in asked) return jsonResponse(400, asked);
    const caller = chooseCaller(asked, services.businesses);
    if ("problems" in caller) return jsonResponse(400, caller);
    return await place(services, urls, asked, caller);
  };
}

/** Reads the JSON of a request; otherwise every problem that it has, each as a sentence. */
function readRequest(body: string): PlaceCallRequest | { problems: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { problems: ["The body must be JSON."] };
  }
  const result = v.safeParse(requestSchema, json);
  if (result.success) return result.output;
  return { problems: result.issues.map(describeIssue) };
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  if (field === null) return `The body ${issue.message}.`;
  if (issue.type !== "strict_object") return `${field} ${issue.message}.`;
  return issue.expected === "never" ? `${field} is not known here.` : `${field} is missing.`;
}

/** Who calls: a business, by one of its numbers. */
interface OutboundCaller {
  business: Business;
  from: string;
}

function chooseCaller(
  asked: PlaceCallRequest,
  businesses: BusinessDirectory,
): OutboundCaller | { problems: string[] } {
  const business = chooseBusiness(asked, businesses);
  const from = asked.from ?? business.numbers[0];
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

/** The business that is named, else the one that `from` belongs to, else the only one there is. */
function chooseBusiness({ business, from }: PlaceCallRequest, businesses: BusinessDirectory): Business {
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
  const slotsAtPeers = business.limits.callsAtOnce === undefined ? 0 : await peers.slotsOf(business.id);
  const refusal = dayLimits.isSpent(business)
    ? "day_limit"
    : admission.reserve(slot, { business, slotsAtPeers, lifetimeMs: RING_RESERVATION_MS });
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
    if (!(error instanceof TwilioRestError)) {
      admission.cancel(slot);
      throw error;
    }
    // After an ambiguous failure the call may ring all the same; its slot then expires by itself or by its status.
    if (!error.isAmbiguous) admission.cancel(slot);
    log.warn("call_not_placed", { business: business.id, code: error.code, twilioCode: error.twilioCode });
    return jsonResponse(502, { problems: [error.message], code: error.code, twilioCode: error.twilioCode });
  }
}

function problem(status: number, sentence: string): Response {
  return jsonResponse(status, { problems: [sentence] });
}
