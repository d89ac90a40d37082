import { PATHS } from "../webhook_urls.ts";
import { afterStream, type AfterStreamServices } from "./after_stream.ts";
import { callStatus, type CallStatusServices } from "./call_status.ts";
import { dialDone, type DialDoneServices } from "./dial_done.ts";
import { resume, type ResumeServices } from "./resume.ts";
import type { Handler } from "../../../http/router.ts";
import { voice, type VoiceServices } from "./voice.ts";
import { voicemail, type VoicemailServices } from "./voicemail.ts";
import type { WebhookServices } from "./webhook.ts";
import { whisper } from "./whisper.ts";

/** What all of Twilio's webhooks together work with. */
export type AllWebhookServices =
  & WebhookServices
  & VoiceServices
  & AfterStreamServices
  & DialDoneServices
  & ResumeServices
  & VoicemailServices
  & CallStatusServices;

/** The routes of Twilio's webhooks. */
export function webhookRoutes(services: AllWebhookServices): Record<string, Handler> {
  return {
    [`POST ${PATHS.voice}`]: voice(services),
    [`POST ${PATHS.afterStream}`]: afterStream(services),
    [`POST ${PATHS.dialDone}`]: dialDone(services),
    [`POST ${PATHS.whisper}`]: whisper(services),
    [`POST ${PATHS.resume}`]: resume(services),
    [`POST ${PATHS.voicemail}`]: voicemail(services),
    [`POST ${PATHS.status}`]: callStatus(services),
  };
}
