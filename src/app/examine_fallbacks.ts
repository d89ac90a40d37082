import { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import type { IncomingNumber } from "../carrier/twilio/incoming_numbers.ts";
import { MAX_TWIML_BYTES } from "../carrier/twilio/twiml.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import { reasonOf } from "../util/errors.ts";
import { readBounded } from "../util/read_body.ts";
import { shownUrl } from "../util/shown_url.ts";
import { bad, doubtful, type Finding, good, someOf, unknown } from "./finding.ts";
import { withoutUser } from "./url_user.ts";

/** How long Twilio's own limit allows is 15 s; a fallback that takes so long is none. */
const ANSWER_WITHIN_MS = 5_000;
/** Addresses that are asked; most installations have one. */
const MAX_FALLBACKS = 20;

const ADVICE =
  "give it a TwiML Bin that says a few words or dials somebody: slimline doctor --fix --fallback-url URL";

/**
 * Asks what Twilio asks when it does not reach this server, and as it would: signed, for a call that is not
 * there. It must answer with TwiML.
 *
 * @param numbers those of the account
 */
export async function* examineFallbacks(
  config: Config,
  numbers: ReadonlyMap<string, IncomingNumber>,
): AsyncGenerator<Finding> {
  const asked = new Map<string, { method: string; url: string; numbers: string[] }>();
  const without: string[] = [];
  for (const [number, { settings: { VoiceFallbackUrl: url, VoiceFallbackMethod: method } }] of numbers) {
    if (url === "") without.push(number);
    else {
      const key = `${method} ${url}`;
      const ofOthers = asked.get(key)?.numbers ?? [];
      asked.set(key, { method, url, numbers: [...ofOthers, number] });
    }
  }
  if (without.length > 0) {
    const detail = `none for ${someOf(without)}: callers hear Twilio's error when this server is not reached`;
    yield doubtful("Fallback", detail, ADVICE);
  }
  for (const { method, url, numbers: ofNumbers } of [...asked.values()].slice(0, MAX_FALLBACKS)) {
    yield await examineFallback(config, method, url, someOf(ofNumbers));
  }
  const unasked = asked.size - MAX_FALLBACKS;
  if (unasked > 0) yield unknown("Fallback", `${unasked} more were not asked`);
}

async function examineFallback(config: Config, method: string, url: string, who: string): Promise<Finding> {
  const name = `that of ${who}, ${shownUrl(url).replace(/[?#].*$/s, "")}`;
  if (url.startsWith(`${config.publicUrl}${PATHS.voice}`)) {
    return doubtful("Fallback", `${name}, is this very server, which is what has failed then`, ADVICE);
  }
  try {
    const { status, text } = await askAsTwilio(config, method, url);
    if (status === 401 || status === 403) {
      return unknown("Fallback", `${name}, answers ${status}: it may take Twilio's requests alone`);
    }
    if (status < 200 || status > 299) return bad("Fallback", `${name}, answers ${status}`, ADVICE);
    if (isTwiml(text)) return good("Fallback", `${name}, answers with TwiML`);
    return bad("Fallback", `${name}, answers with something else than TwiML`, ADVICE);
  } catch (error) {
    return unknown("Fallback", `${name}, is not reached from here: ${reasonOf(error)}`);
  }
}

async function askAsTwilio(
  { twilioAuthToken = "", twilioAccountSid = "", publicUrl }: Config,
  method: string,
  url: string,
): Promise<{ status: number; text: string }> {
  const form = new URLSearchParams({
    AccountSid: twilioAccountSid,
    ApiVersion: "2010-04-01",
    CallSid: `CA${"0".repeat(32)}`,
    CallStatus: "ringing",
    Direction: "inbound",
    ErrorCode: "11200",
    ErrorUrl: shownUrl(publicUrl) + PATHS.voice,
  });
  const { signer } = new AuthTokens(twilioAuthToken).of(twilioAccountSid)[0];
  const isPost = method !== "GET";
  const asked = isPost ? url : `${url}${url.includes("?") ? "&" : "?"}${form}`;
  const { url: bare, headers } = withoutUser(asked);
  const answer = await fetch(bare, {
    method: isPost ? "POST" : "GET",
    body: isPost ? form : undefined,
    headers: {
      "x-twilio-signature": await signer.sign(asked, isPost ? form : undefined),
      ...headers,
    },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  return { status: answer.status, text: await readBounded(answer.body, MAX_TWIML_BYTES) ?? "" };
}

/** Whether a text is a document with the root `<Response>`. */
function isTwiml(text: string): boolean {
  return /^\uFEFF?(?:<\?xml[^>]*\?>)?(?:\s|<!--(?:(?!-->)[\s\S])*-->)*<Response(?:\s[^>]*)?(?:\/>|>[\s\S]*<\/Response\s*>\s*$)/
    .test(text);
}
