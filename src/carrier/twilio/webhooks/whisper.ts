import { whisperTwiml } from "../call_twiml.ts";
import type { Handler } from "../../../http/router.ts";
import { twiml } from "./twilio_request.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** `POST /voice/whisper?target=…`: somebody answered a transfer, and hears who is coming before being put through. */
export function whisper(services: WebhookServices): Handler {
  return webhook(services, ({ business, query }) => {
    const name = query.get("target");
    return twiml(whisperTwiml(business.transfers.find((target) => target.name === name)));
  });
}
