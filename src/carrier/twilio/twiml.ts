import type { Business, Fallback, TransferTarget } from "../../businesses/business.ts";
import type { CallTreatment, WebhookUrls } from "./webhook_urls.ts";

/*
 * TwiML documents, built as text: first what calls need, then the verbs that they are made of; only those that are used.
 * Source: https://www.twilio.com/docs/voice/twiml
 */

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

/** Where a call's audio is to be streamed, and what the stream's `start` message shall carry. */
export interface StreamTwiml {
  /** `wss` URL without a query string, which `<Stream>` does not support. */
  url: string;
  /** Requested when the stream has ended; answers with what the caller hears next. */
  actionUrl: string;
  /** Each name and value together must stay under 500 characters. */
  parameters: Record<string, string>;
}

/** Twilio's bound on the name and value of one `<Parameter>` together. */
export const MAX_PARAMETER_CHARS = 499;

/** Somebody to be put through to. */
export interface DialTwiml {
  /** E.164. Several ring at once, and the first to answer has the call. At most 10. */
  numbers: readonly string[];
  /** What they see; without it Twilio shows the number of the caller. */
  callerId?: string;
  /** How long it rings, in seconds; Twilio may add 5. */
  timeoutSeconds: number;
  /** Told `DialCallStatus` when nobody answered or the talk is over; answers with what the caller hears next. */
  actionUrl: string;
  /** True: a call that was not answered yet goes on ringing until one of them answers. */
  answerOnBridge: boolean;
  /** Asked for TwiML that the one who answers hears before being put through. */
  whisperUrl?: string;
}

/** A message to be recorded. */
export interface RecordTwiml {
  /** Told `RecordingUrl` and `RecordingDuration`; not requested when nothing was said, and the next verb runs. */
  actionUrl: string;
  maxSeconds: number;
  /** Silence that ends it, in seconds. */
  silenceSeconds: number;
}

/** Twilio's bound on a document. Source: error 11750. */
export const MAX_TWIML_BYTES = 64 * 1024;

/**
 * A whole response: `connectStream(…)` and the like joined in order.
 * @throws {RangeError} when it is larger than Twilio takes
 */
export function response(...verbs: string[]): string {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${verbs.join("")}</Response>`;
  const bytes = new TextEncoder().encode(document).length;
  if (bytes <= MAX_TWIML_BYTES) return document;
  throw new RangeError(`The TwiML has ${bytes} bytes; Twilio takes at most ${MAX_TWIML_BYTES}.`);
}

/** Bridges the call to a WebSocket in both directions until either side closes it. */
export function connectStream(stream: StreamTwiml): string {
  const parameters = Object.entries(stream.parameters).map(([name, value]) => {
    if (name.length + value.length > MAX_PARAMETER_CHARS) {
      throw new RangeError(
        `<Parameter> ${name} is ${value.length} characters long; Twilio takes under 500 with its name.`,
      );
    }
    return `<Parameter name="${escapeXml(name)}" value="${escapeXml(value)}"/>`;
  });
  return `<Connect action="${escapeXml(stream.actionUrl)}" method="POST"><Stream url="${
    escapeXml(stream.url)
  }">${parameters.join("")}</Stream></Connect>`;
}

/** Speaks `text` with Twilio's own voice. */
export function say(text: string): string {
  return `<Say>${escapeXml(text)}</Say>`;
}

/** Puts the call through to somebody, with nothing streamed meanwhile. */
export function dialNumbers(to: DialTwiml): string {
  const url = to.whisperUrl === undefined ? "" : ` url="${escapeXml(to.whisperUrl)}" method="POST"`;
  const callerId = to.callerId === undefined ? "" : ` callerId="${escapeXml(to.callerId)}"`;
  const numbers = to.numbers.map((number) => `<Number${url}>${escapeXml(number)}</Number>`).join("");
  return `<Dial action="${escapeXml(to.actionUrl)}" method="POST" timeout="${to.timeoutSeconds}"` +
    ` answerOnBridge="${to.answerOnBridge}"${callerId}>${numbers}</Dial>`;
}

/** Records what the caller says after a beep, until silence, a key, or the end of the time. */
export function record({ actionUrl, maxSeconds, silenceSeconds }: RecordTwiml): string {
  return `<Record action="${escapeXml(actionUrl)}" method="POST" maxLength="${maxSeconds}"` +
    ` timeout="${silenceSeconds}" playBeep="true"/>`;
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

/** Goes on with the TwiML that `url` answers to a POST. */
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

/** Escapes text for an XML attribute or element, and drops the control characters that XML cannot hold. */
export function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex -- naming them is the point
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(`"`, "&quot;");
}
