import assert from "node:assert/strict";
import { type OutboundRoute, WebhookUrls } from "../../../../src/carrier/twilio/webhook_urls.ts";
import { RING_RESERVATION_MS } from "../../../../src/carrier/twilio/place_call.ts";
import {
  ACCOUNT_SID,
  CALL_SID,
  CALLED,
  CALLER,
  PUBLIC_URL,
  WebhookRig,
} from "../../../support/webhook_rig.ts";

const urls = new WebhookUrls(PUBLIC_URL);

/** Places, rings, and has the call answered by whom or what `answeredBy` says. */
async function answered(onMachine: OutboundRoute["onMachine"], answeredBy?: string) {
  const rig = new WebhookRig({}, 1);
  rig.admission.reserve("slot-1", { lifetimeMs: RING_RESERVATION_MS });
  rig.clock.advance(RING_RESERVATION_MS - 1);
  rig.admission.drain(); // the call was placed before
  const url = urls.outboundVoice({ businessId: "acme", slot: "slot-1", onMachine });
  const detected: Record<string, string> = answeredBy === undefined ? {} : { AnsweredBy: answeredBy };
  const answer = await rig.post(url, {
    Direction: "outbound-api",
    From: CALLED,
    To: CALLER,
    ...detected,
  });
  return { rig, answer, claims: await rig.claims(answer) };
}

for (const answeredBy of ["human", "unknown", undefined]) {
  Deno.test(`POST /voice streams an outbound call that was answered by ${answeredBy}`, async () => {
    for (const onMachine of ["hang_up", "leave_message", undefined] as const) {
      const { rig, claims } = await answered(onMachine, answeredBy);
      assert.deepEqual(claims, {
        accountSid: ACCOUNT_SID,
        callSid: CALL_SID,
        businessId: "acme",
        from: CALLED,
        to: CALLER,
        isOutbound: true,
        isCounted: true,
      });
      assert.equal(rig.admission.inUse, 1); // the slot that rang is the call's now, not one beside it
      assert.ok(rig.admission.claim(CALL_SID));
      assert.equal(rig.admission.inUse, 1);
    }
  });
}

for (const answeredBy of ["machine_start", "machine_end_beep", "fax"]) {
  Deno.test(`POST /voice hangs up on ${answeredBy} when that is wanted, and gives the slot back`, async () => {
    const { rig, answer } = await answered("hang_up", answeredBy);
    assert.deepEqual(answer.verbs, [{ verb: "Hangup" }]);
    assert.equal(rig.admission.inUse, 0);
  });
}

for (const answeredBy of ["machine_end_beep", "machine_end_silence", "machine_end_other"]) {
  Deno.test(`POST /voice leaves a message after ${answeredBy}`, async () => {
    const { claims } = await answered("leave_message", answeredBy);
    assert.equal(claims?.resume, "answering_machine");
  });
}

Deno.test("POST /voice never talks to a fax", async () => {
  const { answer } = await answered("leave_message", "fax");
  assert.deepEqual(answer.verbs, [{ verb: "Hangup" }]);
});
