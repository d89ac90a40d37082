import { treatmentGives } from "../twiml.ts";
import type { CallTreatment } from "../webhook_urls.ts";
import { settledWithin } from "../../../util/deadline.ts";
import type { NoteDetails } from "./noted_calls.ts";
import type { Webhook, WebhookServices } from "./signed_webhook.ts";

/**
 * Notes something of a call in its record. Nothing needs to wait for that; {@link notesWritten} does.
 * @returns whether it was news
 */
export function noteCall(services: WebhookServices, hook: Webhook, details: NoteDetails): boolean {
  const { callSid, form, business, isOutbound } = hook;
  const from = services.noted.callerOf(callSid, form.get("From") ?? "");
  if (!services.noted.add(callSid, details)) return false;
  const atMs = services.clock.epoch();
  const at = new Date(atMs).toISOString();
  const { reason, treatment, message } = details;
  void services.notes?.noted(business.records, {
    callSid,
    business: business.id,
    isOutbound,
    from,
    to: form.get("To") ?? "",
    atMs,
    reason,
    treatment: treatment && { at, ...treatment },
    message: message && { at, ...message },
    accountSid: form.get("AccountSid") ?? "",
  });
  return true;
}

/** Longest that a callback waits for the disk, in milliseconds: Twilio gives it 15 seconds. */
const WRITTEN_WITHIN_MS = 2_000;

/**
 * Resolves when what was noted so far is on the disk, or that takes too long. For callbacks that nobody waits
 * for in silence: one that is not answered, since the process died, Twilio repeats where its URL says so.
 */
export async function notesWritten({ notes, clock }: WebhookServices): Promise<void> {
  if (notes) await settledWithin(clock, WRITTEN_WITHIN_MS, notes.written());
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
