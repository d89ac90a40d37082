import type { Business, Fallback, TransferTarget } from "../../businesses/business.ts";
import { type SpokenMoment, type SpokenWords, wordsFor } from "../../businesses/own_words.ts";
import { escapeXml } from "../../util/escape_xml.ts";
import type { CallTreatment, WebhookUrls } from "./webhook_urls.ts";

/*
 * TwiML documents, built as text: first what calls need, then the verbs that they are made of; only those
 * that are used. Source: https://www.twilio.com/docs/voice/twiml
 */

/** How long the forward number of a fallback rings, in seconds. */
const FORWARD_RING_SECONDS = 25;
/** Longest voicemail, in seconds. */
const MAX_VOICEMAIL_SECONDS = 180;
/** Silence that ends a voicemail, in seconds. */
const VOICEMAIL_SILENCE_SECONDS = 6;
/** Pause before a whisper, while the receiver is lifted to the ear, in seconds. */
const WHISPER_PAUSE_SECONDS = 1;

/** Whose call the TwiML is for, and where it leads on to. */
export interface TwimlContext {
  urls: WebhookUrls;
  business: Business;
  /**
   * The number that people whom we dial see. Undefined shows the caller's, which Twilio permits for incoming
   * calls; an outbound call names the number that it was placed from.
   */
  callerId?: string;
}

/**
 * A transfer: announces it and rings its target. `/voice/dial-done` takes the caller back when nobody
 * answers.
 */
export function transferTwiml({ urls, business, callerId }: TwimlContext, target: TransferTarget): string {
  return response(
    ...spoken(wordsFor(business, "announcement", target.announcement)),
    putThrough({
      number: target.number,
      callerId,
      ringSeconds: target.ringSeconds,
      actionUrl: urls.dialDone(business.id, "transfer"),
      whisperUrl: target.whisper ? urls.whisper(business.id, target.name) : undefined,
    }),
  );
}

/** What the one who answers a transfer hears before being put through. */
export function whisperTwiml(target: TransferTarget | undefined, business: Business): string {
  // The target may be deleted from the business file while it rings: whoever answers is put through all the
  // same.
  const words = spoken(wordsFor(business, "whisper", target?.whisper ?? ""));
  return response(...words.length > 0 ? [pause(WHISPER_PAUSE_SECONDS), ...words] : []);
}

/**
 * Plays key tones into the call, then asks for its stream again. The stream is not part of this TwiML, since
 * its token and its slot do not outlive long pauses between the keys.
 *
 * @throws {RangeError} when `digits` has anything but `0`–`9`, `*`, `#` and `w`
 */
export function digitsTwiml({ urls, business }: TwimlContext, digits: string): string {
  return response(playDigits(digits), redirect(urls.resume(business.id, "digits_sent")));
}

/**
 * A place in the line: words, silence, and the voice webhook again.
 *
 * @param tries how often the call will have been put off then
 */
export function waitTwiml({ urls, business }: TwimlContext, tries: number): string {
  const { waitWords, retrySeconds } = business.whenBusy;
  const words = wordsFor(business, "wait", waitWords);
  return response(...spoken(words), pause(retrySeconds), redirect(urls.voiceAgain(business.id, tries)));
}

/**
 * What a caller gets instead of the model: words, then the forward number; if there is none or nobody
 * answers, voicemail or the end of the call.
 */
export function treatmentTwiml(route: TwimlContext, treatment: CallTreatment): string {
  const { urls, business, callerId } = route;
  const { words, forwardTo } = treatmentSettings(business, treatment);
  const opening = spoken(wordsFor(business, TREATMENT_MOMENTS[treatment], words));
  if (forwardTo === undefined) return response(...opening, ...voicemailOrEnd(route, treatment));
  return response(
    ...opening,
    putThrough({
      number: forwardTo,
      callerId,
      ringSeconds: FORWARD_RING_SECONDS,
      actionUrl: urls.dialDone(business.id, treatment),
    }),
  );
}

/** What {@link treatmentTwiml} gives a caller first, as records name it. */
export function treatmentGives(
  business: Business,
  treatment: CallTreatment,
): "words" | "forward" | "voicemail" | "nothing" {
  const { words, forwardTo, voicemail } = treatmentSettings(business, treatment);
  if (forwardTo !== undefined) return "forward";
  if (voicemail) return "voicemail";
  return wordsFor(business, TREATMENT_MOMENTS[treatment], words).text ? "words" : "nothing";
}

/** What {@link unansweredTwiml} gives a caller, as records name it. */
export function treatmentLeaves(business: Business, treatment: CallTreatment): "voicemail" | "nothing" {
  return treatmentSettings(business, treatment).voicemail ? "voicemail" : "nothing";
}

/** A message was recorded: thanks, and the end of the call. */
export function thanksTwiml(business: Business): string {
  return response(...spoken(wordsFor(business, "thanks", business.thanksWords)), hangup());
}

/** Nobody in service has the number. */
export function outOfServiceTwiml(business: Business): string {
  return response(...spoken(wordsFor(business, "outOfService", business.outOfServiceWords)), hangup());
}

/** What follows when the forward number did not answer. */
export function unansweredTwiml(route: TwimlContext, treatment: CallTreatment): string {
  return response(...voicemailOrEnd(route, treatment));
}

const TREATMENT_MOMENTS: Readonly<Record<CallTreatment, SpokenMoment>> = {
  fallback: "fallback",
  busy: "busy",
  after_hours: "closed",
};

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
  // Hangs up when nothing was said.
  return [record(urls.voicemail(business.id), urls.recorded(business.id)), hangup()];
}

function spoken({ text, ...how }: SpokenWords): string[] {
  return text ? [say(text, how)] : [];
}

/** Where a call's audio is streamed to. */
export interface StreamTwiml {
  /** `wss` URL without a query string, which `<Stream>` does not support. */
  url: string;
  /** Requested when the stream has ended; answers with what the caller hears next. */
  actionUrl: string;
}

/** Whom to put the call through to. Source: https://www.twilio.com/docs/voice/twiml/dial */
export interface DialTwiml {
  /** E.164. */
  number: string;
  /** The number that they see. Default the caller's. */
  callerId?: string;
  /** How long it rings, in seconds; Twilio may add 5. */
  ringSeconds: number;
  /**
   * Told `DialCallStatus` when nobody answered or the talk is over; answers with what the caller hears next.
   */
  actionUrl: string;
  /** Asked for TwiML that whoever answers hears before being put through. */
  whisperUrl?: string;
}

/** Longest document that Twilio takes. Source: https://www.twilio.com/docs/api/errors/11750 */
export const MAX_TWIML_BYTES = 64 * 1024;

/**
 * A whole document of `verbs` in order.
 * @throws {RangeError} above {@link MAX_TWIML_BYTES}
 */
export function response(...verbs: string[]): string {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${verbs.join("")}</Response>`;
  const bytes = new TextEncoder().encode(document).length;
  if (bytes <= MAX_TWIML_BYTES) return document;
  throw new RangeError(`The TwiML has ${bytes} bytes; Twilio takes at most ${MAX_TWIML_BYTES}.`);
}

/** Bridges the call to a WebSocket in both directions until either side closes it. */
export function connectStream({ url, actionUrl }: StreamTwiml): string {
  return `<Connect action="${escapeXml(actionUrl)}" method="POST"><Stream url="${
    escapeXml(url)
  }"/></Connect>`;
}

/**
 * Speaks words with a voice of Twilio's.
 * Source: https://www.twilio.com/docs/voice/twiml/say
 */
export function say(text: string, { language, voice }: Omit<SpokenWords, "text"> = {}): string {
  const attributes = Object.entries({ language, voice })
    .map(([name, value]) => value === undefined ? "" : ` ${name}="${escapeXml(value)}"`);
  return `<Say${attributes.join("")}>${escapeXml(text)}</Say>`;
}

/**
 * Puts the call through to somebody; an incoming call that nobody answered yet rings on until then. Nothing
 * is streamed.
 */
export function putThrough({ number, callerId, ringSeconds, actionUrl, whisperUrl }: DialTwiml): string {
  const from = callerId === undefined ? "" : ` callerId="${escapeXml(callerId)}"`;
  const url = whisperUrl === undefined ? "" : ` url="${escapeXml(whisperUrl)}" method="POST"`;
  return `<Dial action="${
    escapeXml(actionUrl)
  }" method="POST" timeout="${ringSeconds}" answerOnBridge="true"${from}>` +
    `<Number${url}>${escapeXml(number)}</Number></Dial>`;
}

/**
 * Records a message after a beep, until silence, a key, or the end of the time.
 * Source: https://www.twilio.com/docs/voice/twiml/record
 *
 * @param actionUrl told `RecordingUrl` and `RecordingDuration`. Not requested when nothing was said: the next
 * verb runs instead
 * @param statusUrl told the same once the recording can be fetched, whatever has become of the call
 */
export function record(actionUrl: string, statusUrl: string): string {
  return `<Record action="${escapeXml(actionUrl)}" method="POST" maxLength="${MAX_VOICEMAIL_SECONDS}"` +
    ` timeout="${VOICEMAIL_SILENCE_SECONDS}" playBeep="true"` +
    ` recordingStatusCallback="${escapeXml(statusUrl)}" recordingStatusCallbackMethod="POST"/>`;
}

/**
 * Plays key tones into the call.
 *
 * @param digits `0`–`9`, `*`, `#`, and `w` for half a second of silence
 * @throws {RangeError} for anything else
 */
export function playDigits(digits: string): string {
  if (!/^[0-9*#w]+$/.test(digits)) {
    throw new RangeError(`The digits ${JSON.stringify(digits)} are not made of 0-9, *, # and w.`);
  }
  return `<Play digits="${digits}"/>`;
}

/** Continues with the TwiML that `url` answers to a POST. */
export function redirect(url: string): string {
  return `<Redirect method="POST">${escapeXml(url)}</Redirect>`;
}

/** Silence. */
export function pause(seconds: number): string {
  return `<Pause length="${seconds}"/>`;
}

/** Ends the call. */
export function hangup(): string {
  return `<Hangup/>`;
}
