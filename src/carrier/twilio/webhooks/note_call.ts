import { treatmentGives } from "../twiml.ts";
import type { CallTreatment } from "../webhook_urls.ts";
import type { NoteDetails } from "./noted_calls.ts";
import type { Webhook, WebhookServices } from "./signed_webhook.ts";

/** Notes something of a call in its record, which nothing waits for. Returns whether it is new. */
export function noteCall(services: WebhookServices, hook: Webhook, details: NoteDetails): boolean {
  const { callSid, form, business, isOutbound } = hook;
  if (!services.noted.add(callSid, details)) return false;
  const atMs = services.clock.epoch();
  const at = new Date(atMs).toISOString();
  const { reason, treatment, message } = details;
  void services.notes?.noted(business.records, {
    callSid,
    business: business.id,
    isOutbound,
    from: form.get("From") ?? "",
    to: form.get("To") ?? "",
    atMs,
    reason,
    treatment: treatment && { at, ...treatment },
    message: message && { at, ...message },
  });
  return true;
}

/** Notes that a caller gets something in place of the agent. @param why as the record says it */
export function noteTreatment(
  services: WebhookServices,
  hook: Webhook,
  treatment: CallTreatment,
  why: string = treatment,
): void {
  const got = treatmentGives(hook.business, treatment);
  noteCall(services, hook, { reason: "refused", treatment: { why, got } });
}
