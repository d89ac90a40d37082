import * as v from "valibot";
import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import { problemResponse, readJsonRequest } from "../../http/json_request.ts";
import { requestLog } from "../../http/request_ids.ts";
import { type Handler, jsonResponse } from "../../http/router.ts";
import type { OutboundLimits, OutboundRefusal } from "../../admission/outbound_limits.ts";
import type { PlacedCalls } from "../../admission/placed_calls.ts";
import { variableProblems } from "../../businesses/call_variables.ts";
import { MAX_VARIABLE_CHARS, MAX_VARIABLES } from "../../businesses/variable_bounds.ts";
import { callProblem } from "../number_plan.ts";
import { type TwilioRest, TwilioRestError } from "./twilio_rest.ts";
import { type OutboundRoute, WebhookUrls } from "./webhook_urls.ts";
import type { WebhookServices } from "./webhooks/signed_webhook.ts";

/** Longest body of `POST /calls`. */
export const MAX_PLACE_CALL_BYTES = 16_384;
/** How long a placed call rings, in seconds; Twilio may add 5. */
const RING_SECONDS = 45;
/**
 * How long a slot waits for a placed call: while it rings, while Twilio then finds out whether a machine
 * answered, and some time to spare. Source of the 30 s:
 * https://www.twilio.com/docs/voice/answering-machine-detection
 */
export const RING_RESERVATION_MS = (RING_SECONDS + 5 + 30 + 10) * 1000;

const phoneNumber = v.pipe(
  v.string("must be a text"),
  v.regex(/^\+[1-9]\d{6,14}$/, "must be E.164: + and 7 to 15 digits, such as +15550100000"),
);

const requestSchema = v.strictObject({
  /** Who is called. */
  to: phoneNumber,
  /** The number that calls: one of the business's. Default the first of them. */
  from: v.exactOptional(phoneNumber),
  /** Id of the business that speaks. Default the one that `from` belongs to, or the only one. */
  business: v.exactOptional(
    v.pipe(v.string("must be a text"), v.regex(/^[a-z0-9-]{1,64}$/, "must be the id of a business")),
  ),
  /** What to do when a machine answers. Default `off`, which treats it like anybody. */
  machineDetection: v.exactOptional(
    v.picklist(["off", "hang_up", "leave_message"], "must be off, hang_up or leave_message"),
  ),
  /** What stands for `{{name}}` in the business's instructions and greeting. */
  variables: v.exactOptional(
    v.pipe(
      v.record(
        v.string(),
        v.pipe(
          v.string("must be a text"),
          v.maxLength(MAX_VARIABLE_CHARS, `must have at most ${MAX_VARIABLE_CHARS} characters`),
        ),
        "must be an object of names and texts",
      ),
      v.maxEntries(MAX_VARIABLES, `must have at most ${MAX_VARIABLES} names`),
    ),
  ),
}, "must be a JSON object of to, from, business, machineDetection and variables");

type PlaceCallRequest = v.InferOutput<typeof requestSchema>;

/** What calls are placed with, beside what the webhooks work with. */
export interface PlaceCallServices extends WebhookServices {
  /** The account that pays for the calls; undefined: none can be placed. */
  twilioAccountSid: string | undefined;
  outboundLimits: OutboundLimits;
  rest: TwilioRest;
}

/**
 * `POST /calls`: calls somebody, and lets the model talk to whoever answers. An endpoint for operators, not
 * for Twilio; it stands here since its answers pass Twilio's refusals on. 201 with the `callSid` once Twilio
 * has accepted the call. Otherwise `problems` and a stable `code`: 400 lists all that is wrong with the
 * request, 403 says that the business may not call that number, 408, 413 and 415 refuse a body that is too
 * slow, too large or not JSON, 429 that it has placed its calls of the minute or the day, 502 has Twilio's
 * words, 503 says why no call can be taken on.
 */
export function placeCall(services: PlaceCallServices): Handler {
  const urls = new WebhookUrls(services.publicUrl);
  return async (request) => {
    const rules = { schema: requestSchema, maxBytes: MAX_PLACE_CALL_BYTES, clock: services.clock };
    const asked = await readJsonRequest(request, rules);
    if (asked instanceof Response) return asked;
    const caller = chooseCaller(asked, services.businesses);
    if ("problems" in caller) return jsonResponse(400, { ...caller, code: "caller_invalid" });
    const problems = variableProblems(caller.business, asked.variables ?? {});
    if (problems.length > 0) return jsonResponse(400, { problems, code: "variables_invalid" });
    return await place({ ...services, log: requestLog(services.log, request) }, urls, asked, caller);
  };
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
  if (from === undefined) return refuse(`business ${business.id} has no number of its own to call from.`);
  if (!business.numbers.includes(from)) {
    return refuse(`from is not one of the numbers of business ${business.id}.`);
  }
  return { business, from };
}

/** The business that is named, else the one that `from` belongs to, else the only one there is. */
function chooseBusiness({ business, from }: PlaceCallRequest, businesses: BusinessDirectory): Business {
  if (business !== undefined) return businesses.byId(business);
  return (from === undefined ? businesses.only : businesses.forNumber(from)) ?? NO_BUSINESS;
}

async function place(
  { twilioAccountSid, rest, admission, dayLimits, outboundLimits, peers, tokens, log }: PlaceCallServices,
  urls: WebhookUrls,
  { to, machineDetection = "off", variables }: PlaceCallRequest,
  { business, from }: OutboundCaller,
): Promise<Response> {
  if (twilioAccountSid === undefined) {
    return problemResponse(503, "no_account", "TWILIO_ACCOUNT_SID is needed to place calls.");
  }
  const forbidden = await destinationProblem(business, from, to);
  if (forbidden) {
    log.warn("call_not_placed", { business: business.id, code: forbidden.code, to });
    return jsonResponse(403, forbidden);
  }
  // The slot has a name of its own: the call may be answered before Twilio's answer tells us its CallSid.
  const slot = crypto.randomUUID();
  await peers.knowSpending(business);
  const isSpent = dayLimits.isSpent(business);
  const slots = isSpent ? 0 : await peers.takeSlot(slot, business);
  const refusal = isSpent
    ? "day_limit"
    : slots === "full" || slots === "elsewhere"
    ? "business_full"
    : admission.reserve(slot, { business, slotsAtPeers: slots, lifetimeMs: RING_RESERVATION_MS });
  if (refusal) {
    if (slots === "counted") peers.forget(slot);
    admission.turnedAway(refusal);
    return problemResponse(503, refusal, `No call can be taken on: ${refusal}.`);
  }
  // Counted before anybody is asked, whatever comes of it: no other request can slip in between.
  const tooMany = outboundLimits.refusal(business);
  if (tooMany) {
    admission.cancel(slot);
    log.warn("call_not_placed", { business: business.id, code: tooMany });
    return problemResponse(429, tooMany, LIMIT_PROBLEMS[tooMany](business.outbound));
  }
  outboundLimits.add(business, ONE_CALL);
  peers.placed(business.id, ONE_CALL);
  const onMachine = machineDetection === "off" ? undefined : machineDetection;
  const sealed = variables && await tokens.sealVariables(variables, slot);
  const route: OutboundRoute = { businessId: business.id, slot, onMachine, variables: sealed };
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
    // After an ambiguous failure the call may ring all the same; its slot then expires by itself or by its
    // status.
    if (!error.isAmbiguous) admission.cancel(slot);
    log.warn("call_not_placed", { business: business.id, code: error.code, twilioCode: error.twilioCode });
    return jsonResponse(502, { problems: [error.message], code: error.code, twilioCode: error.twilioCode });
  }
}

const ONE_CALL: PlacedCalls = { calls: 1, costUsd: 0 };

const LIMIT_PROBLEMS: Readonly<Record<OutboundRefusal, (limits: Business["outbound"]) => string>> = {
  calls_per_minute: ({ callsPerMinute }) => `The business may place ${callsPerMinute} calls a minute.`,
  calls_per_day: ({ callsPerDay }) => `The business may place ${callsPerDay} calls a day.`,
  cost_per_day: ({ costPerDayUsd }) =>
    `The calls that the business places may cost USD ${costPerDayUsd} a day.`,
};

/** Why a business may not call a number, and what its file must say so that it may. */
async function destinationProblem({ id, outbound }: Business, from: string, to: string) {
  if (outbound.to.length === 0) {
    const remedy =
      'write "outbound": { "to": ["own country"] } into its file, or the prefixes it may call, such as "+49"';
    return { problems: [`business ${id} may call nobody: ${remedy}.`], code: "outbound_off" };
  }
  switch (await callProblem(from, to, outbound.to)) {
    case "costly": {
      const remedy = "such numbers need a prefix of their own in outbound.to, such as +49900 or +881";
      return {
        problems: [`to is a premium, shared-cost or satellite number: ${remedy}.`],
        code: "outbound_costly",
      };
    }
    case "not_listed": {
      const listed = outbound.to.join(", ");
      return {
        problems: [`to is not within outbound.to of business ${id}: ${listed}.`],
        code: "outbound_not_listed",
      };
    }
    default:
      return undefined;
  }
}
