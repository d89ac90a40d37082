import { type Handler, textResponse } from "../../../http/router.ts";
import { parseResumeReason } from "../../carrier.ts";
import {
  hangup,
  response,
  thanksTwiml,
  treatmentLeaves,
  treatmentTwiml,
  unansweredTwiml,
  whisperTwiml,
} from "../twiml.ts";
import { CALL_TREATMENTS, PATHS } from "../webhook_urls.ts";
import { noteCall, notesWritten, noteTreatment } from "./note_call.ts";
import {
  signedWebhook,
  twimlResponse,
  type Webhook,
  type WebhookHandler,
  type WebhookServices,
} from "./signed_webhook.ts";
import { connectCall, voice } from "./voice.ts";

/**
 * All that Twilio asks about a call, each by a signed POST. The media stream itself is accepted by
 * `accept_stream.ts`.
 */
const WEBHOOKS: Readonly<Record<string, WebhookHandler>> = {
  [PATHS.voice]: voice,
  [PATHS.afterStream]: afterStream,
  [PATHS.dialDone]: dialDone,
  [PATHS.whisper]: whisper,
  [PATHS.resume]: resume,
  [PATHS.voicemail]: voicemail,
  [PATHS.recorded]: recorded,
  [PATHS.status]: callStatus,
};

/**
 * `DialCallStatus` of a dial that somebody answered. Source:
 * https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus-values
 */
const ANSWERED: readonly string[] = ["completed", "answered"];

/** The routes of Twilio's webhooks. */
export function webhookRoutes(services: WebhookServices): Record<string, Handler> {
  const routes = Object.entries(WEBHOOKS).map(([path, answer]) =>
    [`POST ${path}`, signedWebhook(services, answer)] as const
  );
  return Object.fromEntries(routes);
}

/**
 * A stream is over and its call is not. A call that we ended in good order ends here, and one that its
 * instance handed over, or died with, goes on here. One whose stream no instance of a fleet is known to have
 * had begins once more. Otherwise the agent was lost, or the stream never came about, and the caller gets the
 * business's fallback. Source:
 * https://www.twilio.com/docs/voice/twiml/connect
 */
async function afterStream(services: WebhookServices, hook: Webhook): Promise<Response> {
  const { admission, ended, peers, log } = services;
  const { callSid, query, business, isOver, isOutbound, route } = hook;
  const sequel = ended.ending(callSid) ??
    await (isOver ? peers.stateOf(callSid) : peers.afterStream(callSid));
  const goesOn = sequel === "moved" || sequel === "rescued";
  const wasHungUp = sequel === "hung_up";
  // What a call that we placed is about stands in the URL that it was answered at.
  const beginsAgain = sequel === "again" && !query.has("again") && !isOutbound;
  if (isOver) {
    ended.noteOver(callSid);
    admission.cancel(callSid); // where its stream has never come
  }
  const outcome = goesOn || beginsAgain ? sequel : wasHungUp ? "completed" : "fallback";
  log.info("after_stream", { call: callSid, business: business.id, outcome });
  if (goesOn) return await connectCall(services, hook, sequel);
  if (beginsAgain) return await connectCall(services, hook, undefined, true);
  if (wasHungUp) return twimlResponse(response(hangup()));
  if (!isOver) noteTreatment(services, hook, "fallback");
  return twimlResponse(treatmentTwiml(route, "fallback"));
}

/**
 * A dialled number has finished talking, or nobody answered there. After a talk the call is over, as it is
 * when the caller hung up while it rang. Otherwise the caller goes back into the conversation, or on with the
 * treatment that the dial was part of (`?way=fallback`).
 */
async function dialDone(services: WebhookServices, hook: Webhook): Promise<Response> {
  const { callSid, form, business, isOver, query, route } = hook;
  const status = form.get("DialCallStatus") ?? "";
  services.log.info("dial_done", { call: callSid, business: business.id, status });
  if (isOver || ANSWERED.includes(status)) {
    services.ended.noteOver(callSid);
    services.suspended.drop(callSid);
    services.admission.cancel(callSid);
    services.peers.forget(callSid);
    return twimlResponse(response(hangup()));
  }
  const treatment = CALL_TREATMENTS.find((name) => name === query.get("way"));
  if (treatment) {
    const got = treatmentLeaves(business, treatment);
    noteCall(services, hook, { reason: "refused", treatment: { why: treatment, got } });
    return twimlResponse(unansweredTwiml(route, treatment));
  }
  return await connectCall(services, hook, "transfer_failed");
}

/**
 * Somebody answered a transfer (`?target=…`), and hears who is coming before being put through.
 * Source: https://www.twilio.com/docs/voice/twiml/number
 */
function whisper(_services: WebhookServices, { business, query }: Webhook): Response {
  const name = query.get("target");
  return twimlResponse(whisperTwiml(business.transfers.find((target) => target.name === name), business));
}

/** TwiML that interrupted a conversation has run, and the call goes back into it (`?resume=…`). */
async function resume(services: WebhookServices, hook: Webhook): Promise<Response> {
  const reason = parseResumeReason(hook.query.get("resume"));
  if (!reason) return textResponse(400, "The query must say why the call comes back.");
  return await connectCall(services, hook, reason);
}

/**
 * A message was recorded, which ends by silence, a key, or the caller's hanging up.
 * Source: https://www.twilio.com/docs/voice/twiml/record
 */
async function voicemail(services: WebhookServices, hook: Webhook): Promise<Response> {
  noteMessage(services, hook);
  await notesWritten(services); // Twilio does not tell of it again: from here on this process may die
  return twimlResponse(thanksTwiml(hook.business));
}

/**
 * The recording of a message can be fetched. It says neither who called nor whom, and comes even where
 * `voicemail` never did. Source:
 * https://www.twilio.com/docs/voice/twiml/record#attributes-recording-status-callback
 */
async function recorded(services: WebhookServices, hook: Webhook): Promise<Response> {
  const status = hook.form.get("RecordingStatus") ?? "";
  if (status === "completed") noteMessage(services, hook);
  else noteLost(services, hook, status);
  await notesWritten(services);
  return new Response(null, { status: 204 });
}

/** The record of the call and the event `voicemail_left` say where the recording is. */
function noteMessage(services: WebhookServices, hook: Webhook): void {
  const { callSid, form, business } = hook;
  const recordingUrl = form.get("RecordingUrl");
  if (recordingUrl === null) return;
  const seconds = Math.max(0, Number(form.get("RecordingDuration") ?? 0));
  const message = { durationMs: seconds * 1_000, recordingUrl };
  if (!noteCall(services, hook, { reason: "message_left", message })) return; // both callbacks tell of it
  services.log.info("voicemail_left", {
    call: callSid,
    business: business.id,
    from: form.get("From"),
    recordingUrl,
    durationSeconds: seconds,
  });
}

/** There is no recording, and there will be none: nobody is to wait for it. */
function noteLost(services: WebhookServices, hook: Webhook, status: string): void {
  const { callSid, form, business } = hook;
  services.log.warn("message_not_recorded", { call: callSid, business: business.id, status });
  const recordingUrl = form.get("RecordingUrl");
  if (recordingUrl === null || !["failed", "absent"].includes(status)) return;
  const message = { durationMs: 0, recordingUrl, problem: `recording_${status}` };
  noteCall(services, hook, { reason: "message_left", message });
}

/**
 * The status of a call changed. A call that is over gives back the slot that was kept for it, and what its
 * conversation left behind; one whose stream is still open here ends, and one that never had a stream gets
 * its record. Callbacks come in any order: all others do nothing, and a call that is over never begins again.
 * Source:
 * https://www.twilio.com/docs/voice/api/call-resource#statuscallback
 */
async function callStatus(services: WebhookServices, hook: Webhook): Promise<Response> {
  const { admission, calls, ended, suspended, peers, log } = services;
  const { callSid, form, isOver, isOutbound, query } = hook;
  const status = form.get("CallStatus") ?? "";
  log.info("call_status", {
    call: callSid,
    status,
    durationSeconds: Number(form.get("CallDuration") ?? 0),
  });
  if (isOver) {
    const hadStream = admission.isLive(callSid) || suspended.has(callSid) ||
      (ended.ending(callSid) ?? await peers.stateOf(callSid)) !== undefined;
    if (!hadStream) void noteCall(services, hook, { reason: isOutbound ? "not_answered" : "abandoned" });
    ended.noteOver(callSid);
    calls?.over(callSid);
    admission.cancel(callSid);
    suspended.drop(callSid);
    const slot = query.get("slot");
    if (slot !== null) admission.cancel(slot);
    peers.forget(callSid, ...slot === null ? [] : [slot]);
    await notesWritten(services);
  }
  return new Response(null, { status: 204 });
}
