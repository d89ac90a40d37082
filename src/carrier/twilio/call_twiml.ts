import type { Business, Fallback, TransferTarget } from "../../businesses/business.ts";
import { dialNumbers, hangup, pause, playDigits, record, redirect, response, say } from "./twiml.ts";
import type { CallTreatment, WebhookUrls } from "./webhook_urls.ts";

/** How long the forward number of a fallback rings, in seconds. */
const FORWARD_RING_SECONDS = 25;
/** Longest voicemail, in seconds. */
const MAX_VOICEMAIL_SECONDS = 180;
/** Silence that ends a voicemail, in seconds. */
const VOICEMAIL_SILENCE_SECONDS = 6;
/** Whoever answers needs this long to lift the receiver to the ear, in seconds. */
const WHISPER_PAUSE_SECONDS = 1;

/** Whose call it is, and where its TwiML leads. */
export interface TwimlContext {
  urls: WebhookUrls;
  business: Business;
  /**
   * What dialled people see. Undefined shows the caller's number, which Twilio permits for incoming calls; an outbound
   * call names the number that it was placed from.
   */
  callerId?: string;
}

/**
 * Announces a transfer and rings its target. `/voice/dial-done` takes the caller back when nobody answers.
 * @throws {RangeError} when it is larger than Twilio takes
 */
export function transferTwiml({ urls, business, callerId }: TwimlContext, target: TransferTarget): string {
  return response(
    ...target.announcement ? [say(target.announcement)] : [],
    dialNumbers({
      numbers: [target.number],
      callerId,
      timeoutSeconds: target.ringSeconds,
      actionUrl: urls.dialDone(business.id, "transfer"),
      answerOnBridge: true,
      whisperUrl: target.whisper ? urls.whisper(business.id, target.name) : undefined,
    }),
  );
}

/** What the one who answers a transfer hears before being put through. */
export function whisperTwiml(target: TransferTarget | undefined): string {
  // A target may have gone from its file while it rang: whoever answered is put through all the same.
  return response(...target?.whisper ? [pause(WHISPER_PAUSE_SECONDS), say(target.whisper)] : []);
}

/**
 * Plays key tones into the call, then streams it again. The stream is asked for afterwards and not written down here,
 * since its token and its slot do not outlive long pauses between the keys.
 *
 * @throws {RangeError} when `digits` has anything but `0`–`9`, `*`, `#` and `w`
 */
export function digitsTwiml({ urls, business }: TwimlContext, digits: string): string {
  return response(playDigits(digits), redirect(urls.resume(business.id, "digits_sent")));
}

/**
 * Puts a caller off: words, silence, and the voice webhook once more.
 *
 * @param tries how often the call will have been put off then
 */
export function waitTwiml({ urls, business }: TwimlContext, tries: number): string {
  const { waitWords, retrySeconds } = business.whenBusy;
  return response(...spoken(waitWords), pause(retrySeconds), redirect(urls.voiceAgain(business.id, tries)));
}

/**
 * What a caller gets without the model: words, then the forward number; when there is none or nobody answers, voicemail;
 * else the end.
 */
export function treatmentTwiml(route: TwimlContext, treatment: CallTreatment): string {
  const { urls, business, callerId } = route;
  const { words, forwardTo } = treatmentSettings(business, treatment);
  const opening = spoken(words);
  if (forwardTo === undefined) return response(...opening, ...voicemailOrEnd(route, treatment));
  return response(
    ...opening,
    dialNumbers({
      numbers: [forwardTo],
      callerId,
      timeoutSeconds: FORWARD_RING_SECONDS,
      actionUrl: urls.dialDone(business.id, treatment),
      answerOnBridge: true,
    }),
  );
}

/** What a caller gets when the forward number did not answer either. */
export function unansweredTwiml(route: TwimlContext, treatment: CallTreatment): string {
  return response(...voicemailOrEnd(route, treatment));
}

function treatmentSettings(
  { hours, fallback, busyWords, whenBusy }: Business,
  treatment: CallTreatment,
): Fallback {
  if (treatment === "busy") {
    const { forwardTo = fallback.forwardTo } = whenBusy;
    return { ...fallback, words: busyWords, forwardTo: forwardTo ?? undefined };
  }
  const isClosed = treatment === "after_hours" && hours?.afterHours.action === "say";
  return isClosed ? hours.afterHours : fallback;
}

function voicemailOrEnd({ urls, business }: TwimlContext, treatment: CallTreatment): string[] {
  if (!treatmentSettings(business, treatment).voicemail) return [hangup()];
  const message = record({
    actionUrl: urls.voicemail(business.id),
    maxSeconds: MAX_VOICEMAIL_SECONDS,
    silenceSeconds: VOICEMAIL_SILENCE_SECONDS,
  });
  return [message, hangup()]; // what follows a recording is reached when nothing was said
}

function spoken(words: string): string[] {
  return words ? [say(words)] : [];
}
