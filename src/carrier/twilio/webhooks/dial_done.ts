import { unansweredTwiml } from "../call_twiml.ts";
import { CALL_TREATMENTS } from "../webhook_urls.ts";
import { hangup, response } from "../twiml.ts";
import { connectCall, type ConnectServices } from "./connect_call.ts";
import type { Handler } from "../../../http/router.ts";
import { twiml } from "./twilio_request.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** What the webhook at a dial's end works with. */
export interface DialDoneServices extends WebhookServices, ConnectServices {}

/** `DialCallStatus` of a dial that somebody answered. The others are busy, no-answer, failed and canceled. */
const ANSWERED: readonly string[] = ["completed", "answered"];

/**
 * `POST /voice/dial-done`: a dialled number has finished talking, or nobody answered there. After a talk the call is over,
 * as it is when the caller hung up while it rang. Otherwise the caller goes back into the conversation, or on with the way
 * out that the dial was part of (`?way=fallback`).
 */
export function dialDone(services: DialDoneServices): Handler {
  return webhook(services, async (hook) => {
    const { callSid, form, business, isOver, query, route } = hook;
    const status = form.get("DialCallStatus") ?? "";
    services.log.info("dial_done", { call: callSid, business: business.id, status });
    if (isOver || ANSWERED.includes(status)) {
      services.suspended.drop(callSid);
      services.admission.cancel(callSid);
      services.peers.forget(callSid);
      return twiml(response(hangup()));
    }
    const way = CALL_TREATMENTS.find((name) => name === query.get("way"));
    if (way) return twiml(unansweredTwiml(route, way));
    return await connectCall(services, hook, "transfer_failed");
  });
}
