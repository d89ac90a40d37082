import type { Business } from "../../businesses/business.ts";
import { PATHS } from "../../carrier/twilio/webhook_urls.ts";
import type { Config } from "../../config/config.ts";
import { type TwilioRest, TwilioRestError } from "../../carrier/twilio/twilio_rest.ts";
import type { Finding } from "./finding.ts";

/** Most numbers that Twilio is asked about; what is beyond is said. */
const MAX_NUMBERS = 20;

const SUBJECT = "Twilio";

/** Asks Twilio whether the account has the businesses' numbers, and whether they ring here. */
export async function* examineTwilio(
  config: Config,
  businesses: readonly Business[],
  rest: TwilioRest,
): AsyncGenerator<Finding> {
  const { twilioAccountSid, twilioAuthToken } = config;
  if (twilioAccountSid === undefined || twilioAuthToken === undefined) {
    const remedy = "set TWILIO_ACCOUNT_SID, which outbound calls need too";
    yield { subject: SUBJECT, state: "doubtful", detail: "not asked: no account is configured", remedy };
    return;
  }
  const numbers = businesses.flatMap((business) => business.numbers);
  if (numbers.length === 0) {
    yield { subject: SUBJECT, state: "doubtful", detail: "not asked: no business has a number" };
  }
  try {
    for (const number of numbers.slice(0, MAX_NUMBERS)) {
      yield await examineNumber(config, twilioAccountSid, number, rest);
    }
  } catch (error) {
    if (!(error instanceof TwilioRestError)) throw error;
    const isRefused = error.httpStatus === 401;
    yield {
      subject: SUBJECT,
      state: "bad",
      detail: error.message,
      remedy: isRefused
        ? "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of one account"
        : `see that this machine reaches ${config.twilioApiUrl}`,
    };
  }
  if (numbers.length > MAX_NUMBERS) {
    yield {
      subject: SUBJECT,
      state: "doubtful",
      detail: `${numbers.length - MAX_NUMBERS} more numbers not asked about`,
    };
  }
}

async function examineNumber(
  { publicUrl }: Config,
  accountSid: string,
  number: string,
  rest: TwilioRest,
): Promise<Finding> {
  const wanted = publicUrl + PATHS.voice;
  const settings = await rest.incomingNumber(accountSid, number);
  if (settings === undefined) {
    return {
      subject: SUBJECT,
      state: "bad",
      detail: `the account does not own ${number}`,
      remedy: "buy it, or take it out of the business file",
    };
  }
  if (settings.voiceUrl === wanted && settings.voiceMethod === "POST") {
    return { subject: SUBJECT, state: "good", detail: `${number} rings here` };
  }
  return {
    subject: SUBJECT,
    state: "bad",
    detail: `${number} asks ${settings.voiceMethod} ${settings.voiceUrl || "nobody"} when it rings`,
    remedy: `set its "A call comes in" to webhook, ${wanted}, HTTP POST`,
  };
}
