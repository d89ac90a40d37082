import { isObject } from "../../util/is_object.ts";
import { parseAnswer, type TwilioRest, TwilioRestError } from "./twilio_rest.ts";

/**
 * What Twilio does when a number rings: each setting by its name in a request, and by that in an answer.
 * `VoiceApplicationSid` and `TrunkSid` go before the URLs, which then have no effect. Source:
 * https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
 */
const SETTINGS = {
  VoiceUrl: "voice_url",
  VoiceMethod: "voice_method",
  VoiceFallbackUrl: "voice_fallback_url",
  VoiceFallbackMethod: "voice_fallback_method",
  StatusCallback: "status_callback",
  StatusCallbackMethod: "status_callback_method",
  VoiceApplicationSid: "voice_application_sid",
  TrunkSid: "trunk_sid",
} as const;

/** The name of a setting of a number, as in a request. */
export type NumberSetting = keyof typeof SETTINGS;
/** Settings of a number; empty where there is none. */
export type NumberSettings = Readonly<Record<NumberSetting, string>>;

/** All settings, in the order in which they are shown. */
export const NUMBER_SETTINGS = Object.keys(SETTINGS) as NumberSetting[];

/** A number of an account. */
export interface IncomingNumber {
  /** `PN` and 32 hexadecimal digits. */
  readonly sid: string;
  readonly settings: NumberSettings;
}

/**
 * A number of the account; undefined when the account has no such number.
 *
 * @param number in E.164
 * @throws {TwilioRestError}
 */
export async function incomingNumber(
  rest: TwilioRest,
  accountSid: string,
  number: string,
): Promise<IncomingNumber | undefined> {
  const query = new URLSearchParams({ PhoneNumber: number, PageSize: "1" });
  return readIncomingNumber(await rest.ask(accountSid, `IncomingPhoneNumbers.json?${query}`));
}

/**
 * Changes some settings of a number, and leaves the others as they are.
 *
 * @throws {TwilioRestError}
 */
export async function updateIncomingNumber(
  rest: TwilioRest,
  accountSid: string,
  sid: string,
  settings: Partial<NumberSettings>,
): Promise<void> {
  const form = new URLSearchParams(Object.entries(settings));
  await rest.ask(accountSid, `IncomingPhoneNumbers/${encodeURIComponent(sid)}.json`, form);
}

/** The first number of a list; undefined when it is empty. @throws {TwilioRestError} `twilio_unreadable` */
function readIncomingNumber(body: string): IncomingNumber | undefined {
  const { incoming_phone_numbers: numbers } = parseAnswer(body);
  if (!Array.isArray(numbers)) {
    throw new TwilioRestError("twilio_unreadable", "Twilio's answer has no list of numbers.");
  }
  const [first] = numbers;
  if (!isObject(first)) return undefined;
  const read = Object.entries(SETTINGS).map(([name, key]) => [name, String(first[key] ?? "")]);
  return { sid: String(first.sid ?? ""), settings: Object.fromEntries(read) as NumberSettings };
}
