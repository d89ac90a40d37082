import type { Admission } from "../../../admission/admission.ts";
import type { Log } from "../../../observability/log.ts";
import type { Handler } from "../../../http/router.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** What the status webhook works with. */
export interface CallStatusServices extends WebhookServices {
  admission: Admission;
  log: Log;
}

/**
 * `POST /voice/status`: the status of a call changed. A call that is over gives back the slot that was kept for it, and what
 * its conversation left behind. Callbacks come in any order: none but these does anything, and a call that is over never
 * begins again.
 */
export function callStatus(services: CallStatusServices): Handler {
  const { admission, suspended, peers, log } = services;
  return webhook(services, ({ callSid, form, isOver, query }) => {
    const status = form.get("CallStatus") ?? "";
    log.info("call_status", {
      call: callSid,
      status,
      durationSeconds: Number(form.get("CallDuration") ?? 0),
    });
    if (isOver) {
      admission.cancel(callSid);
      suspended.drop(callSid);
      const slot = query.get("slot");
      if (slot !== null) admission.cancel(slot);
      peers.forget(callSid, ...slot === null ? [] : [slot]);
    }
    return new Response(null, { status: 204 });
  });
}
