import { treatmentTwiml } from "../call_twiml.ts";
import type { EndedCalls } from "../../../call/ended_calls.ts";
import type { Log } from "../../../observability/log.ts";
import { hangup, response } from "../twiml.ts";
import type { Handler } from "../../../http/router.ts";
import { twiml } from "./twilio_request.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** What the webhook at a stream's end works with. */
export interface AfterStreamServices extends WebhookServices {
  ended: EndedCalls;
  log: Log;
}

/**
 * `POST /voice/after-stream`: a stream is over and its call is not. A call that we ended in good order ends here; otherwise
 * the agent was lost, or the stream never came about, and the caller gets the business's fallback.
 */
export function afterStream(services: AfterStreamServices): Handler {
  const { ended, peers, log } = services;
  return webhook(services, async ({ callSid, business, route }) => {
    const outcome = ended.outcomeOf(callSid) ?? await peers.outcomeOf(callSid) ?? "fallback";
    log.info("after_stream", { call: callSid, business: business.id, outcome });
    return twiml(
      outcome === "completed" ? response(hangup()) : treatmentTwiml(route, "fallback"),
    );
  });
}
