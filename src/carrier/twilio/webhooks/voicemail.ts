import type { Log } from "../../../observability/log.ts";
import { hangup, response, say } from "../twiml.ts";
import type { Handler } from "../../../http/router.ts";
import { twiml } from "./twilio_request.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** Said when a message has been recorded. */
const THANKS = "Thank you. We have your message. Goodbye.";

export interface VoicemailServices extends WebhookServices {
  log: Log;
}

/** `POST /voice/voicemail`: a message was recorded. The recording stays with Twilio; the event `voicemail_left` says where. */
export function voicemail(services: VoicemailServices): Handler {
  const { log } = services;
  return webhook(services, ({ callSid, form, business }) => {
    log.info("voicemail_left", {
      call: callSid,
      business: business.id,
      from: form.get("From"),
      recordingUrl: form.get("RecordingUrl"),
      durationSeconds: Number(form.get("RecordingDuration") ?? 0),
    });
    return twiml(response(say(THANKS), hangup()));
  });
}
