import { isOpen } from "../../../businesses/opening_hours.ts";
import { treatmentTwiml } from "../call_twiml.ts";
import { partiesOf } from "../../../call/call_info.ts";
import { hangup, response, say } from "../twiml.ts";
import { connectCall, type ConnectServices } from "./connect_call.ts";
import type { Handler } from "../../../http/router.ts";
import { twiml } from "./twilio_request.ts";
import { webhook, type WebhookServices } from "./webhook.ts";

/** What the voice webhook works with. */
export interface VoiceServices extends WebhookServices, ConnectServices {}

/**
 * `POST /voice`: a call comes in, or a call that we placed was answered. Answers with the TwiML that streams it here. The
 * URL of a placed call names its business, the slot that waits for it, and what to do with an answering machine. Where the
 * number belongs to no business, or to one that is not in service, the caller hears just that; where the business is closed
 * and its calls are not answered then, what it says after hours.
 */
export function voice(services: VoiceServices): Handler {
  return webhook(services, async (hook) => {
    const { business } = hook;
    if (!business.inService) {
      services.admission.cancel(hook.query.get("slot") ?? hook.callSid);
      services.log.warn("call_out_of_service", {
        call: hook.callSid,
        business: business.id,
        ...partiesOf({
          from: hook.form.get("From") ?? "",
          to: hook.form.get("To") ?? "",
          isOutbound: hook.isOutbound,
        }),
      });
      return twiml(response(say(business.outOfServiceWords), hangup()));
    }
    const { hours } = business;
    if (hours?.afterHours.action === "say" && !hook.isOutbound && !isOpen(hours, services.clock.epoch())) {
      services.log.info("call_after_hours", { call: hook.callSid, business: business.id });
      return twiml(treatmentTwiml(hook.route, "after_hours"));
    }
    const slot = hook.query.get("slot");
    if (slot !== null) {
      if (!services.admission.hasReserved(slot)) await services.peers.recall(slot);
      services.admission.assign(slot, hook.callSid);
    }
    const answeredBy = hook.form.get("AnsweredBy") ?? "";
    const isMachine = answeredBy.startsWith("machine_");
    if (answeredBy === "fax" || (isMachine && hook.query.get("machine") === "hang_up")) {
      services.admission.cancel(hook.callSid);
      services.log.info("machine_hung_up_on", { call: hook.callSid, answeredBy });
      return twiml(response(hangup()));
    }
    return await connectCall(services, hook, isMachine ? "answering_machine" : undefined);
  });
}
