import type { CallRefusal, Refusal } from "../../../admission/admission.ts";
import { businessWith, type CallVariables } from "../../../businesses/call_variables.ts";
import { businessAt, isOpen } from "../../../businesses/opening_hours.ts";
import { loggedParties } from "../../../call/call_summary.ts";
import type { PeerCallState } from "../../../cluster/peer_instances.ts";
import { textResponse } from "../../../http/router.ts";
import { isTakenUp, type ResumeReason } from "../../carrier.ts";
import { connectStream, hangup, outOfServiceTwiml, response, treatmentTwiml, waitTwiml } from "../twiml.ts";
import { noteCall, noteTreatment } from "./note_call.ts";
import { twimlResponse, type Webhook, type WebhookServices } from "./signed_webhook.ts";

/** Refusals that may soon be over. */
const WAITED_FOR: readonly string[] = [
  "full",
  "business_full",
  "low_memory",
  "descriptors",
  "late",
] satisfies Refusal[];

/**
 * `POST /voice`: a call comes in, or a call that we placed was answered. Answers with the TwiML that streams
 * it here. The URL of a placed call names its business, the slot that waits for it, and what to do with an
 * answering machine. A caller whom no business in service answers hears just that; one who calls outside
 * opening hours gets the after-hours treatment, unless the business answers its calls then too.
 */
export async function voice(services: WebhookServices, hook: Webhook): Promise<Response> {
  const { admission, peers, clock, log } = services;
  const { callSid, form, query, business, isOutbound, route } = hook;
  const slot = query.get("slot");
  if (!business.inService) {
    admission.cancel(slot ?? callSid);
    const parties = loggedParties({ from: form.get("From") ?? "", to: form.get("To") ?? "", isOutbound });
    log.warn("call_out_of_service", { call: callSid, business: business.id, ...parties });
    noteCall(services, hook, { reason: "refused", treatment: { why: "out_of_service", got: "words" } });
    return twimlResponse(outOfServiceTwiml(business));
  }
  const { hours } = business;
  if (hours?.afterHours.action === "say" && !isOutbound && !isOpen(hours, clock.epoch())) {
    log.info("call_after_hours", { call: callSid, business: business.id });
    noteTreatment(services, hook, "after_hours");
    return twimlResponse(treatmentTwiml(route, "after_hours"));
  }
  if (slot !== null) {
    if (!admission.hasReserved(slot)) await peers.recall(slot);
    admission.assign(slot, callSid);
  }
  // Source: https://www.twilio.com/docs/voice/answering-machine-detection
  const answeredBy = form.get("AnsweredBy") ?? "";
  const isMachine = answeredBy.startsWith("machine_");
  if (answeredBy === "fax" || (isMachine && query.get("machine") === "hang_up")) {
    admission.cancel(callSid);
    log.info("machine_hung_up_on", { call: callSid, answeredBy });
    noteCall(services, hook, {
      reason: "refused",
      treatment: { why: "answering_machine", got: "nothing" },
    });
    return twimlResponse(response(hangup()));
  }
  return await connectCall(services, hook, isMachine ? "answering_machine" : undefined);
}

/**
 * Streams a call here: reserves its slot and answers with a one-time token for its stream. Where there is no
 * slot, or the business has used up its limits of the day, the caller gets what the business has for that
 * instead: a place in the line or the busy treatment at first, the fallback in the middle of a conversation.
 * A call that is over gets no stream: Twilio's signature has no time, so whoever has seen a webhook once can
 * send it again.
 *
 * @param resume why this is not the first stream of the call; undefined when it is
 * @param isSecond its first stream has not come about. Default false
 */
export async function connectCall(
  services: WebhookServices,
  hook: Webhook,
  resume?: ResumeReason,
  isSecond: boolean = false,
): Promise<Response> {
  const { admission, ended, peers, dayLimits, suspended, log } = services;
  const { callSid, business, isOutbound, route } = hook;
  if (resume && !isTakenUp(resume) && !admission.hasReserved(callSid)) await peers.recall(callSid);
  if (hook.isOver) ended.noteOver(callSid);
  const isBack = suspended.has(callSid);
  if (!resume && !admission.hasReserved(callSid)) peers.expect(business);
  const [state] = await Promise.all([
    isBack ? undefined : stateOf(services, callSid),
    resume ? undefined : peers.knowSpending(business),
  ]);
  const isSpent = !resume && !isOutbound && dayLimits.isSpent(business);
  if (isBack ? hook.isOver : state === "live" ? !resume : state !== undefined) {
    log.warn("call_repeated", { call: callSid, business: business.id, state });
    return twimlResponse(treatmentTwiml(route, "fallback"));
  }
  const hadSlot = admission.hasReserved(callSid);
  const slots = isSpent || hadSlot ? 0 : resume === "moved" // it has kept its slot
    ? "counted"
    : await peers.takeSlot(callSid, business, resume !== undefined || isSecond);
  // Whatever stands in front takes it to an instance that can say; who waits in line goes on waiting.
  const isInLine = readTries(hook.query.get("tries")) > 0;
  if (slots === "elsewhere" && !isInLine) return textResponse(503, "Another instance takes this call.");
  let refusal: CallRefusal | undefined = isSpent
    ? "day_limit"
    : slots === "full" || slots === "elsewhere"
    ? "business_full"
    : admission.reserve(callSid, {
      business,
      slotsAtPeers: slots,
      isAdmitted: isTakenUp(resume),
      isForHere: !peers.takesStreams && peers.tokenBinding.isNeeded,
    });
  const isElsewhere = await isTakenElsewhere(services, refusal, callSid, resume);
  if (isElsewhere) refusal = undefined;
  else if (refusal && slots === "counted") peers.forget(callSid);
  if (refusal) return turnAway(services, hook, refusal, resume);
  try {
    return await streamHere(services, hook, {
      resume,
      isSecond,
      isElsewhere,
      // Also by this process alone: another may still reserve slots for calls that are over, or elsewhere.
      isCounted: slots === "counted" || !isElsewhere,
    });
  } catch (error) {
    if (!hadSlot) admission.cancel(callSid);
    if (isElsewhere) peers.forget(callSid);
    throw error;
  }
}

/** What the business has for a caller who cannot be taken. */
function turnAway(
  services: WebhookServices,
  hook: Webhook,
  refusal: CallRefusal,
  resume: ResumeReason | undefined,
): Response {
  const { admission, log } = services;
  const { callSid, query, business, isOutbound, route } = hook;
  const tries = readTries(query.get("tries"));
  // Neither a new day nor a stopped server can be waited for, nor does anybody wait who was called.
  const waits = !resume && !isOutbound && WAITED_FOR.includes(refusal) && tries < business.whenBusy.tries;
  if (tries === 0) admission.turnedAway(refusal); // who waits in line is counted once
  log.warn("call_refused", { call: callSid, business: business.id, reason: refusal, resume, tries, waits });
  if (waits) {
    noteCall(services, hook, { reason: "waiting", treatment: { why: refusal, got: "line" } });
    return twimlResponse(waitTwiml(route, tries + 1));
  }
  const treatment = resume ? "fallback" : "busy";
  noteTreatment(services, hook, treatment, refusal);
  return twimlResponse(treatmentTwiml(route, treatment));
}

/** What is known of a call, here or in another process, before it gets a stream. */
async function stateOf(
  { admission, ended, peers }: WebhookServices,
  callSid: string,
): Promise<PeerCallState | undefined> {
  if (admission.isLive(callSid)) return "live";
  return ended.ending(callSid) ?? await peers.stateOf(callSid);
}

/** Whether another process takes a call that this one has no room for. */
async function isTakenElsewhere(
  { peers }: WebhookServices,
  refusal: CallRefusal | undefined,
  callSid: string,
  resume: ResumeReason | undefined,
): Promise<boolean> {
  if (refusal === undefined || refusal === "day_limit" || refusal === "business_full") return false;
  // Its instance has found that there is room; and one that is leaving takes it where no other does.
  if (resume === "moved") return refusal === "draining" || peers.takesStreams;
  return (refusal === "full" || peers.takesStreams) && await peers.reserve(callSid);
}

/** The TwiML that streams a call here. The session is opened last, when nothing can fail any more. */
async function streamHere(
  { tokens, peers, prepare, safetyIdFor, lookups, suspended, clock }: WebhookServices,
  { callSid, form, query, business, isOutbound, route }: Webhook,
  { resume, isSecond, isElsewhere, isCounted }: {
    resume?: ResumeReason;
    isSecond: boolean;
    isElsewhere: boolean;
    isCounted: boolean;
  },
): Promise<Response> {
  const accountSid = form.get("AccountSid") ?? "";
  const from = form.get("From") ?? "";
  const to = form.get("To") ?? "";
  const safetyId = await safetyIdFor(isOutbound ? to : from);
  const sealed = query.get("variables");
  const variables = suspended.get(callSid)?.variables ??
    (sealed === null ? undefined : await tokens.openVariables(sealed, query.get("slot") ?? ""));
  const businessId = business.id;
  const claims = { callSid, accountSid, businessId, from, to, isOutbound, resume, variables, isCounted };
  const { name, isNeeded } = peers.tokenBinding;
  const token = await tokens.issue({ ...claims, ...isNeeded && !isElsewhere && { boundTo: name } });
  const { urls } = route;
  const answer = twimlResponse(
    response(connectStream({ url: urls.stream(token), actionUrl: urls.afterStream(business.id, isSecond) })),
  );
  // A call that comes back keeps the opening hours that it began with.
  const now = isOutbound || resume ? business : businessAt(business, clock.epoch());
  const prepareWith = (variables?: CallVariables) => prepare(callSid, businessWith(now, variables), safetyId);
  if (isOutbound || resume || !business.lookup || !lookups) {
    prepareWith(variables);
    return answer;
  }
  // Not waited for: Twilio connects meanwhile. A stream that comes first waits for it, and opens its own
  // session.
  void lookups.begin(business, { callSid, from, to }).then((found) => {
    if (lookups.isWaiting(callSid)) prepareWith(found);
  });
  return answer;
}

/** How often a call has been put off already: our own TwiML wrote it into the URL, which Twilio signed. */
function readTries(text: string | null): number {
  return /^\d{1,3}$/.test(text ?? "") ? Number(text) : 0;
}
