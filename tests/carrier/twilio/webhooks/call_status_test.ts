import assert from "node:assert/strict";
import { WebhookUrls } from "../../../../src/carrier/twilio/webhook_urls.ts";
import { suspendedCall } from "../../../support/suspended_call.ts";
import { CALL_SID, PUBLIC_URL, WebhookRig } from "../../../support/webhook_rig.ts";

const urls = new WebhookUrls(PUBLIC_URL);
const url = urls.outboundStatus({ businessId: "acme", slot: "slot-1", onMachine: undefined });

for (const status of ["completed", "busy", "no-answer", "failed", "canceled"]) {
  Deno.test(`POST /voice/status gives the slot of a call back that is ${status}`, async () => {
    const rig = new WebhookRig();
    rig.admission.reserve("slot-1");
    rig.suspended.put(CALL_SID, suspendedCall(rig.business));
    assert.equal((await rig.post(url, { CallStatus: status })).status, 204);
    assert.equal(rig.admission.inUse, 0);
    assert.equal(rig.suspended.size, 0);
  });
}

for (const status of ["queued", "initiated", "ringing", "in-progress", "", "something new"]) {
  Deno.test(`POST /voice/status leaves a call alone that is ${status || "without a status"}`, async () => {
    const rig = new WebhookRig();
    rig.admission.reserve("slot-1");
    assert.equal((await rig.post(url, { CallStatus: status })).status, 204);
    assert.equal(rig.admission.inUse, 1);
  });
}

Deno.test("POST /voice/status does the same whatever the order of its callbacks", async () => {
  for (const order of [["ringing", "in-progress", "completed"], ["completed", "in-progress", "ringing"]]) {
    const rig = new WebhookRig();
    rig.admission.reserve("slot-1");
    for (const status of order) await rig.post(url, { CallStatus: status });
    await rig.post(url, { CallStatus: "completed" });
    assert.equal(rig.admission.inUse, 0);
  }
});

Deno.test("POST /voice/status takes no slot from a call that still streams", async () => {
  const rig = new WebhookRig();
  rig.admission.claim(CALL_SID);
  await rig.post(url, { CallStatus: "completed" });
  assert.equal(rig.admission.inUse, 1); // its session gives it back when it has ended
});

Deno.test("POST /voice/status gives back what a call reserved that never streamed", async () => {
  const rig = new WebhookRig();
  await rig.post("/voice");
  assert.equal(rig.admission.inUse, 1);
  await rig.post("/voice/status", { CallStatus: "completed", CallDuration: "3" });
  assert.equal(rig.admission.inUse, 0);
  assert.deepEqual(rig.log.events.at(-1), {
    level: "info",
    event: "call_status",
    attributes: { call: CALL_SID, status: "completed", durationSeconds: 3 },
  });
});
