import assert from "node:assert/strict";
import { CALL_SID, CALLED, CALLER, WebhookRig } from "../../../support/webhook_rig.ts";

Deno.test("POST /voice tells the caller of a number that belongs to nobody that it is not in service", async () => {
  const rig = new WebhookRig({}, 2, "+15550100999");
  const answer = await rig.post("/voice");
  assert.deepEqual(answer.verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
  assert.equal(rig.admission.inUse, 0);
  assert.deepEqual(rig.prepared, []);
  assert.deepEqual(rig.log.events, [{
    level: "warn",
    event: "call_out_of_service",
    attributes: { call: CALL_SID, business: "no-business", from: CALLER, businessNumber: CALLED },
  }]);
});

Deno.test("POST /voice speaks the words of a business that is not in service, then hangs up", async () => {
  const rig = new WebhookRig({ inService: false, outOfServiceWords: "We have closed for good." });
  const { verbs } = await rig.post("/voice");
  assert.deepEqual(verbs, [{ verb: "Say", text: "We have closed for good." }, { verb: "Hangup" }]);
});

Deno.test("POST /voice gives back the slot of a placed call whose business went out of service while it rang", async () => {
  const rig = new WebhookRig({ inService: false });
  rig.admission.reserve("slot-1", { lifetimeMs: 60_000 });
  await rig.post("/voice?business=acme&slot=slot-1");
  assert.equal(rig.admission.inUse, 0);
});

Deno.test("A call in progress whose business is gone from the files ends with that business's words", async () => {
  const rig = new WebhookRig({
    fallback: { words: "Sorry from Acme.", forwardTo: undefined, voicemail: false },
  });
  rig.businesses.replace([]);
  const { verbs } = await rig.post("/voice/after-stream?business=acme");
  assert.deepEqual(verbs, [{ verb: "Say", text: "Sorry from Acme." }, { verb: "Hangup" }]);
});

Deno.test("A status callback about a number that belongs to nobody is taken like any other", async () => {
  const rig = new WebhookRig({}, 2, "+15550100999");
  const { status } = await rig.post("/voice/status", { CallStatus: "completed" });
  assert.equal(status, 204);
});
