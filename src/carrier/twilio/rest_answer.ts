import { TwilioRestError } from "./rest_error.ts";

/**
 * The error that an answer other than 2xx stands for. Its body is JSON with `code` and `message`, unless something
 * between us and Twilio answered.
 */
export function errorOfAnswer(httpStatus: number, body: string): TwilioRestError {
  const { code, message } = objectOf(body);
  const twilioCode = typeof code === "number" ? code : undefined;
  const words = typeof message === "string" && message ? message : "no reason given";
  return new TwilioRestError(
    httpStatus === 429 ? "twilio_limited" : httpStatus >= 500 ? "twilio_failed" : "twilio_refused",
    `Twilio answered ${httpStatus}${twilioCode === undefined ? "" : ` (${twilioCode})`}: ${words}`,
    { httpStatus, twilioCode },
  );
}

/**
 * The SID of a call that was placed.
 * @throws {TwilioRestError} `twilio_unreadable`
 */
export function callSidOfAnswer(body: string): string {
  const { sid } = objectOf(body);
  if (typeof sid === "string" && /^CA[0-9a-fA-F]{32}$/.test(sid)) return sid;
  throw new TwilioRestError("twilio_unreadable", "Twilio placed the call and did not say its SID.");
}

/** What Twilio does with calls to a number. Source: Twilio docs "IncomingPhoneNumber resource". */
export interface IncomingNumber {
  /** Empty when no webhook is set. */
  voiceUrl: string;
  voiceMethod: string;
}

/** The first number of a list; undefined when it is empty. */
export function numberOfAnswer(body: string): IncomingNumber | undefined {
  const { incoming_phone_numbers: numbers } = objectOf(body);
  if (!Array.isArray(numbers)) {
    throw new TwilioRestError("twilio_unreadable", "Twilio's list of numbers is none.");
  }
  const [first] = numbers;
  if (typeof first !== "object" || first === null) return undefined;
  const { voice_url: voiceUrl, voice_method: voiceMethod } = first as Record<string, unknown>;
  return { voiceUrl: String(voiceUrl ?? ""), voiceMethod: String(voiceMethod ?? "POST") };
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {}; // a proxy's page, say
  }
}
