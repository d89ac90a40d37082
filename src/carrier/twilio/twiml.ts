/**
 * TwiML documents, built as text. Only the verbs that the product uses.
 * Source: Twilio docs "TwiML Voice"; at most 64 kB a document (error 11750).
 */

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
