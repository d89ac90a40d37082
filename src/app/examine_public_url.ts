import { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import { WebhookUrls } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import { reasonOf } from "../util/errors.ts";
import { isLoopback } from "../util/loopback.ts";
import { shownUrl } from "../util/shown_url.ts";
import { bad, type Finding, good, unknown } from "./finding.ts";
import { type ProbeOutcome, probeUpgrade } from "./upgrade_probe.ts";
import { withoutUser } from "./url_user.ts";

/** How long the server may take to answer at `PUBLIC_URL`. */
const ANSWER_WITHIN_MS = 5_000;
/** What a silent WebSocket must survive: proxies that cut them do so after a minute, most of them. */
export const HOLD_MS = 65_000;
/** Who waits longer wants to know why. */
const NOTICED_MS = 2_000;
/** Where nothing is between this machine and the server. */
const LOOPBACK_HOLD_MS = 500;

/** How long a WebSocket is held at `PUBLIC_URL`; 0 does not hold it, so that the time-out is not known. */
export function holdTime({ publicUrl }: Pick<Config, "publicUrl">, wantedMs: number): number {
  return isLoopback(new URL(publicUrl).hostname) ? Math.min(wantedMs, LOOPBACK_HOLD_MS) : wantedMs;
}

/**
 * Asks the server by the address that Twilio uses, and opens a WebSocket there by the way of a media stream.
 * That may not work from inside its network, so failure to reach it proves nothing.
 *
 * @param holdMs how long the WebSocket must stay open; 0 only opens it
 * @param onHold called before, where that takes so long that people wonder
 */
export async function* examinePublicUrl(
  config: Config,
  holdMs: number,
  onHold?: (ms: number) => void,
): AsyncGenerator<Finding> {
  const { publicUrl } = config;
  const remedy = "start slimline serve, and see that DNS, certificate and proxy lead to it";
  let status: number;
  try {
    const { url, headers } = withoutUser(`${publicUrl}/healthz`);
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await answer.body?.cancel();
    status = answer.status;
  } catch (error) {
    return yield unknown("PUBLIC_URL", `not reached from here: ${reasonOf(error)}`, remedy);
  }
  if (status < 200 || status > 299) {
    return yield unknown("PUBLIC_URL", `${shownUrl(publicUrl)}/healthz answers ${status}`, remedy);
  }
  yield good("PUBLIC_URL", `a server answers at ${shownUrl(publicUrl)}`);
  if (holdMs > NOTICED_MS) onHold?.(holdMs);
  yield streamFinding(await probe(config, holdMs), holdMs);
}

async function probe(
  { publicUrl, twilioAuthToken = "", twilioAccountSid = "" }: Config,
  holdMs: number,
): Promise<ProbeOutcome> {
  const url = new WebhookUrls(publicUrl).check();
  const signer = new AuthTokens(twilioAuthToken).of(twilioAccountSid)[0]?.signer;
  // As Twilio signs it, which speaks to nothing but wss.
  const signed = url.replace(/^ws:/, "wss:");
  const headers: Record<string, string> = signer ? { "x-twilio-signature": await signer.sign(signed) } : {};
  return await probeUpgrade(new URL(url), { headers, holdMs });
}

const PROXY = "let the proxy pass upgrades on for /media/, by HTTP/1.1: docs/operations.md, deploy/";

/** What the outcome means for calls. */
function streamFinding(outcome: ProbeOutcome, holdMs: number): Finding {
  const subject = "WebSocket";
  switch (outcome.is) {
    case "unreached":
      return unknown(subject, `not opened at PUBLIC_URL: ${outcome.reason}`);
    case "mute":
      return bad(subject, "an upgrade arrives at PUBLIC_URL, and no message does", PROXY);
    case "refused":
      return refusal(subject, outcome.status, outcome.text);
    case "closed": {
      const seconds = (outcome.afterMs / 1_000).toFixed(outcome.afterMs < 10_000 ? 1 : 0);
      return bad(
        subject,
        `one at PUBLIC_URL is closed ${seconds} s after the server fell silent, as it is while a caller speaks`,
        "raise the proxy's idle or read time-out for /media/ to some minutes",
      );
    }
    case "held":
      return holdMs === 0
        ? unknown(subject, "an upgrade arrives at PUBLIC_URL; the proxy's idle time-out was not tried")
        : good(
          subject,
          `an upgrade arrives at PUBLIC_URL, and stays open for ${shownSeconds(holdMs)} of silence`,
        );
  }
}

function shownSeconds(ms: number): string {
  return `${ms < 10_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;
}

function refusal(subject: string, status: number, text: string): Finding {
  if (status === 403 && text.includes("signature")) {
    const remedy = "start it with the same PUBLIC_URL, TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID as this";
    return bad(subject, "the server at PUBLIC_URL does not believe what is signed for it", remedy);
  }
  if (status === 503 && text.includes("checks")) {
    return unknown(subject, "the server is being checked by others already", "try again in two minutes");
  }
  if (status === 426) {
    return bad(subject, "an upgrade arrives at PUBLIC_URL without its Upgrade header", PROXY);
  }
  return bad(subject, `an upgrade at PUBLIC_URL is answered with ${status} in place of 101`, PROXY);
}
