import type { Business } from "../businesses/business.ts";
import type { BusinessDirectory } from "../businesses/directory.ts";
import type { Admission } from "../lifecycle/admission.ts";
import type { Log } from "../telemetry/log.ts";
import type { TwilioSigner } from "../twilio/signature.ts";
import { connectStream, hangup, response, say } from "../twilio/twiml.ts";
import type { Handler } from "./router.ts";
import { text } from "./router.ts";
import type { StreamTokens } from "./stream_token.ts";
import { readWebhook, twiml } from "./twilio_request.ts";

/** Path of the stream's WebSocket. */
export const STREAM_PATH = "/media/stream";
/** Path that Twilio asks when a stream is over. */
export const AFTER_STREAM_PATH = "/voice/after-stream";

/** What the voice webhooks work with. */
export interface VoiceServices {
  publicUrl: string;
  signer: TwilioSigner | undefined;
  tokens: StreamTokens;
  admission: Admission;
  businesses: BusinessDirectory;
  log: Log;
}

/** `POST /voice`: a call comes in. Answers with the TwiML that streams it here, or with busy words. */
export function voice(services: VoiceServices): Handler {
  return async (request) => {
    const form = await readWebhook(request, services.signer, services.publicUrl);
    if (form instanceof Response) return form;
    const callSid = form.get("CallSid") ?? "";
    const from = form.get("From") ?? "";
    const to = form.get("To") ?? "";
    if (!/^CA[0-9a-fA-F]{32}$/.test(callSid)) {
      return text(400, "CallSid must be CA and 32 hexadecimal digits.");
    }
    const business = services.businesses.forNumber(to);
    const refusal = services.admission.reserve(callSid);
    if (refusal) {
      services.log.warn("call_refused", { call: callSid, business: business.id, reason: refusal });
      return twiml(response(say(business.busyWords), hangup()));
    }
    const token = await services.tokens.issue({ callSid, businessId: business.id, from, to });
    return twiml(response(connectStream({
      url: services.publicUrl.replace(/^http/, "ws") + STREAM_PATH,
      actionUrl: afterStreamUrl(services.publicUrl, business),
      parameters: { token },
    })));
  };
}

/**
 * `POST /voice/after-stream`: a stream is over and its call is not. The agent was lost, or the stream never came about:
 * what the caller hears now are the fallback words.
 */
export function afterStream(services: VoiceServices): Handler {
  return async (request) => {
    const form = await readWebhook(request, services.signer, services.publicUrl);
    if (form instanceof Response) return form;
    const business = services.businesses.byId(new URL(request.url).searchParams.get("business") ?? "");
    services.log.info("after_stream", { call: form.get("CallSid"), business: business.id });
    return twiml(response(say(business.fallback.words), hangup()));
  };
}

function afterStreamUrl(publicUrl: string, business: Business): string {
  return `${publicUrl}${AFTER_STREAM_PATH}?business=${encodeURIComponent(business.id)}`;
}
