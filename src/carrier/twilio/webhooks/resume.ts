import { parseResumeReason } from "../../carrier.ts";
import { connectCall, type ConnectServices } from "./connect_call.ts";
import { type Handler, textResponse } from "../../../http/router.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** What the webhook of a returning call works with. */
export interface ResumeServices extends WebhookServices, ConnectServices {}

/** `POST /voice/resume?resume=…`: TwiML that interrupted a conversation has run, and the call goes back into it. */
export function resume(services: ResumeServices): Handler {
  return webhook(services, async (hook) => {
    const reason = parseResumeReason(hook.query.get("resume"));
    if (!reason) return textResponse(400, "The query must say why the call comes back.");
    return await connectCall(services, hook, reason);
  });
}
