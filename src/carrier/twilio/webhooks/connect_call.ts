import type { Business } from "../../../businesses/business.ts";
import { businessAt } from "../../../businesses/opening_hours.ts";
import { treatmentTwiml, waitTwiml } from "../call_twiml.ts";
import type { ResumeReason } from "../../carrier.ts";
import type { Admission, CallRefusal, Refusal } from "../../../admission/admission.ts";
import type { DayLimits } from "../../../admission/day_limits.ts";
import type { Log } from "../../../observability/log.ts";
import type { Clock } from "../../../util/clock.ts";
import { connectStream, response } from "../twiml.ts";
import type { StreamTokens } from "./stream_token.ts";
import { twiml } from "./twilio_request.ts";
import type { PeerInstances } from "../../../cluster/peer_instances.ts";
import type { Webhook } from "./webhook.ts";

/** Refusals that soon may be over. */
const WAITED_FOR: readonly string[] = ["full", "business_full", "low_memory", "late"] satisfies Refusal[];

/** Longest address carried along. Numbers have 16 characters; a SIP address could overrun what a `<Parameter>` may hold. */
const MAX_ADDRESS_CHARS = 80;

/** What it takes to stream a call. */
export interface ConnectServices {
  tokens: StreamTokens;
  admission: Admission;
  peers: PeerInstances;
  dayLimits: DayLimits;
  log: Log;
  /** Opens a Realtime session for the call, so that it is ready when the stream begins. */
  prepare: (callSid: string, business: Business, safetyId: string | undefined) => void;
  /** Names a caller to OpenAI. */
  safetyIdOf: (number: string) => Promise<string | undefined>;
  clock: Clock;
}

/**
 * Streams a call here: reserves its slot and answers with a one-time token for its stream. Where there is no slot, or the
 * business has had its calls of the day, the caller gets what the business has for that instead: a place in the line or busy
 * words at first, the fallback in the middle of a conversation.
 *
 * @param resume why this is not the first stream of the call; undefined when it is
 */
export async function connectCall(
  { tokens, admission, peers, dayLimits, log, prepare, safetyIdOf, clock }: ConnectServices,
  { callSid, form, query, business, isOutbound, route }: Webhook,
  resume?: ResumeReason,
): Promise<Response> {
  const tries = triesOf(query.get("tries"));
  const isSpent = !resume && !isOutbound && dayLimits.isSpent(business);
  if (resume && !admission.hasReserved(callSid)) await peers.recall(callSid);
  const others = business.limits.callsAtOnce === undefined ? 0 : await peers.slotsOf(business.id);
  let refusal: CallRefusal | undefined = isSpent
    ? "day_limit"
    : admission.reserve(callSid, { business, slotsAtPeers: others });
  if (refusal === "full" && await peers.reserve(callSid)) refusal = undefined;
  if (refusal) {
    // Neither a new day nor a stopped server can be waited for, nor does anybody wait who was called.
    const waits = !resume && !isOutbound && WAITED_FOR.includes(refusal) && tries < business.whenBusy.tries;
    if (tries === 0) admission.turnedAway(refusal); // who waits in line is counted once
    log.warn("call_refused", { call: callSid, business: business.id, reason: refusal, resume, tries, waits });
    return twiml(waits ? waitTwiml(route, tries + 1) : treatmentTwiml(route, resume ? "fallback" : "busy"));
  }
  const from = (form.get("From") ?? "").slice(0, MAX_ADDRESS_CHARS);
  const to = (form.get("To") ?? "").slice(0, MAX_ADDRESS_CHARS);
  const safetyId = await safetyIdOf(isOutbound ? to : from);
  // A call that comes back is told no other hours than it began with.
  prepare(callSid, isOutbound || resume ? business : businessAt(business, clock.epoch()), safetyId);
  const token = await tokens.issue({ callSid, businessId: business.id, from, to, isOutbound, resume });
  const { urls } = route;
  return twiml(response(connectStream({
    url: urls.stream,
    actionUrl: urls.afterStream(business.id),
    parameters: { token },
  })));
}

/** How often a call has been put off already: our own TwiML wrote it into the URL, which Twilio signed. */
function triesOf(text: string | null): number {
  return /^\d{1,3}$/.test(text ?? "") ? Number(text) : 0;
}
