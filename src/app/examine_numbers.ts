import type { Business } from "../businesses/business.ts";
import { type IncomingNumber, incomingNumber } from "../carrier/twilio/incoming_numbers.ts";
import { TwilioRestError } from "../carrier/twilio/twilio_rest.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../util/clock.ts";
import { shownUrl } from "../util/shown_url.ts";
import { examineFallbacks } from "./examine_fallbacks.ts";
import { bad, doubtful, type Finding, good, unknown } from "./finding.ts";
import { restOf, wantedSettings } from "./number_settings.ts";

/** Numbers that Twilio is asked about; the rest are counted. */
const MAX_ASKED_NUMBERS = 100;

const FIX = "slimline doctor --fix sets it, and shows before what it changes";

/** Asks Twilio whether the account has the businesses' numbers, whether they ring here, and what if not. */
export async function* examineNumbers(
  config: Config,
  businesses: readonly Business[],
  clock: Clock,
): AsyncGenerator<Finding> {
  const { twilioAccountSid, twilioAuthToken } = config;
  if (twilioAccountSid === undefined || twilioAuthToken === undefined) {
    const remedy = "set TWILIO_ACCOUNT_SID, which outbound calls need too";
    yield unknown("Twilio", "not asked whether the numbers ring here: no account is configured", remedy);
    return;
  }
  const numbers = businesses.flatMap((business) => business.numbers);
  if (numbers.length === 0) yield unknown("Twilio", "not asked: no business has a number");
  const rest = restOf(config, clock);
  const found = new Map<string, IncomingNumber>();
  try {
    for (const number of numbers.slice(0, MAX_ASKED_NUMBERS)) {
      const incoming = await incomingNumber(rest, twilioAccountSid, number);
      if (incoming) found.set(number, incoming);
      yield* numberFindings(config, number, incoming);
    }
  } catch (error) {
    if (!(error instanceof TwilioRestError)) throw error;
    yield restFinding(error, config);
  }
  const unasked = numbers.length - MAX_ASKED_NUMBERS;
  if (unasked > 0) yield unknown("Twilio", `${unasked} more numbers not asked about`);
  yield* examineFallbacks(config, found);
}

/** What Twilio's refusal, or its silence, means. */
function restFinding(error: TwilioRestError, { twilioApiUrl }: Config): Finding {
  if (error.httpStatus === 401) {
    const remedy = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of one account";
    return bad("Twilio", error.message, remedy);
  }
  if (error.code === "twilio_no_credentials") {
    return bad(
      "Twilio",
      "TWILIO_AUTH_TOKEN has no token of TWILIO_ACCOUNT_SID",
      "add it, separated by a comma",
    );
  }
  const remedy = `see that this machine reaches ${twilioApiUrl}`;
  return error.isAmbiguous ? unknown("Twilio", error.message, remedy) : bad("Twilio", error.message, remedy);
}

function* numberFindings(
  { publicUrl }: Config,
  number: string,
  incoming: IncomingNumber | undefined,
): Generator<Finding> {
  if (incoming === undefined) {
    yield bad("Twilio", `the account does not own ${number}`, "buy it, or take it out of the business file");
    return;
  }
  const { settings } = incoming;
  const wanted = wantedSettings(publicUrl);
  for (
    const [setting, what] of [["TrunkSid", "a SIP trunk"], ["VoiceApplicationSid", "an application"]] as const
  ) {
    if (settings[setting] === "") continue;
    yield bad(
      "Twilio",
      `${number} belongs to ${what}, ${settings[setting]}, which goes before its URLs`,
      FIX,
    );
    return;
  }
  const { VoiceUrl: url, VoiceMethod: method } = settings;
  if (url === wanted.VoiceUrl && method === wanted.VoiceMethod) yield good("Twilio", `${number} rings here`);
  else {
    yield bad(
      "Twilio",
      `${number} asks ${method} ${shownUrl(url) || "nobody"} when it rings`,
      `set its "A call comes in" to webhook, ${shownUrl(wanted.VoiceUrl)}, HTTP POST; ${FIX}`,
    );
  }
  const { StatusCallback: callback, StatusCallbackMethod: callbackMethod } = settings;
  if (callback === wanted.StatusCallback && callbackMethod === wanted.StatusCallbackMethod) return;
  yield doubtful(
    "Twilio",
    `${number} tells ${
      shownUrl(callback) || "nobody"
    } how its calls go: callers who give up leave no record here`,
    `set its "Call status changes" to ${shownUrl(wanted.StatusCallback)}, HTTP POST; ${FIX}`,
  );
}
