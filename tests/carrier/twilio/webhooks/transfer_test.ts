import assert from "node:assert/strict";
import type { TransferTarget } from "../../../../src/businesses/business.ts";
import { digitsTwiml, transferTwiml } from "../../../../src/carrier/twilio/twiml.ts";
import { WebhookUrls } from "../../../../src/carrier/twilio/webhook_urls.ts";
import { parseTwiml } from "../../../../src/lab/twilio/parse_twiml.ts";
import { HOLD_LIFETIME_MS } from "../../../../src/admission/admission.ts";
import { suspendedCall } from "../../../support/suspended_call.ts";
import {
  ACCOUNT_SID,
  CALL_SID,
  CALLED,
  CALLER,
  PUBLIC_URL,
  WebhookRig,
} from "../../../support/webhook_rig.ts";

const sales: TransferTarget = {
  name: "sales & service",
  description: "whoever sells",
  number: "+15550100777",
  announcement: "One moment <please>.",
  whisper: "A caller for sales.",
  ringSeconds: 20,
};
const urls = new WebhookUrls(PUBLIC_URL);

/** A call that was streamed and has just left for a transfer. */
function afterTransfer(maxCalls = 2): WebhookRig {
  const rig = new WebhookRig({ transfers: [sales] }, maxCalls);
  const slot = rig.admission.claim(CALL_SID);
  assert.ok(slot);
  rig.suspended.put(CALL_SID, suspendedCall(rig.business));
  rig.admission.hold(slot);
  return rig;
}

Deno.test("transferTwiml() announces, rings the target, and names the way back and the whisper", () => {
  const { business } = new WebhookRig();
  const document = transferTwiml({ urls, business, callerId: CALLED }, sales);
  assert.ok(document.includes(`timeout="20" answerOnBridge="true"`));
  assert.deepEqual(parseTwiml(document), [
    { verb: "Say", text: "One moment <please>." },
    {
      verb: "Dial",
      action: { url: `${PUBLIC_URL}/voice/dial-done?business=acme`, method: "POST" },
      callerId: CALLED,
      numbers: [{
        number: "+15550100777",
        whisper: {
          url: `${PUBLIC_URL}/voice/whisper?business=acme&target=sales%20%26%20service`,
          method: "POST",
        },
        statusCallback: undefined,
        statusCallbackEvents: ["completed"],
      }],
    },
  ]);
});

Deno.test("transferTwiml() leaves out what is not to be said", () => {
  const { business } = new WebhookRig();
  const document = transferTwiml({ urls, business }, { ...sales, announcement: "", whisper: "" });
  assert.equal(/<Say|url=|callerId/.test(document), false);
});

Deno.test("digitsTwiml() plays the tones, then asks to come back", () => {
  const { business } = new WebhookRig();
  assert.deepEqual(parseTwiml(digitsTwiml({ urls, business }, "ww12#")), [
    { verb: "Play", url: "", digits: "ww12#" },
    {
      verb: "Redirect",
      link: { url: `${PUBLIC_URL}/voice/resume?business=acme&resume=digits_sent`, method: "POST" },
    },
  ]);
  assert.throws(() => digitsTwiml({ urls, business }, `1"/><Hangup/>`), RangeError);
});

Deno.test("POST /voice/whisper speaks the target's whisper to whoever answered", async () => {
  const rig = new WebhookRig({ transfers: [sales] });
  const leg = { CallSid: "CA" + "f".repeat(32), To: sales.number };
  const { verbs } = await rig.post(urls.whisper("acme", sales.name), leg);
  assert.deepEqual(verbs, [{ verb: "Pause", seconds: 1 }, { verb: "Say", text: "A caller for sales." }]);
  const gone = await rig.post(urls.whisper("acme", "nobody"), leg);
  assert.deepEqual(gone, { status: 200, verbs: [] }); // puts the call through
});

for (const status of ["busy", "no-answer", "failed", "canceled"]) {
  Deno.test(`POST /voice/dial-done takes the caller back after ${status}`, async () => {
    const rig = afterTransfer();
    const answer = await rig.post(urls.dialDone("acme", "transfer"), { DialCallStatus: status });
    assert.deepEqual(await rig.claims(answer), {
      accountSid: ACCOUNT_SID,
      callSid: CALL_SID,
      businessId: "acme",
      from: CALLER,
      to: CALLED,
      resume: "transfer_failed",
      isCounted: true,
    });
    assert.ok(rig.admission.claim(CALL_SID));
    assert.equal(rig.suspended.take(CALL_SID)?.business, rig.business);
  });
}

for (const status of ["completed", "answered"]) {
  Deno.test(`POST /voice/dial-done hangs up after ${status}, and keeps nothing`, async () => {
    const rig = afterTransfer();
    assert.equal(rig.admission.inUse, 1);
    const { verbs } = await rig.post(urls.dialDone("acme", "transfer"), { DialCallStatus: status });
    assert.deepEqual(verbs, [{ verb: "Hangup" }]);
    assert.equal(rig.admission.inUse, 0);
    assert.equal(rig.suspended.size, 0);
  });
}

Deno.test("POST /voice/dial-done opens nothing for a caller who hung up while it rang", async () => {
  const rig = afterTransfer();
  const form = { DialCallStatus: "canceled", CallStatus: "completed" };
  assert.deepEqual((await rig.post(urls.dialDone("acme", "transfer"), form)).verbs, [{ verb: "Hangup" }]);
  assert.deepEqual([rig.prepared, rig.admission.inUse, rig.suspended.size], [[], 0, 0]);
});

Deno.test("POST /voice/dial-done takes a caller back whose slot was held, however full or draining", async () => {
  const rig = afterTransfer(2);
  assert.equal(rig.admission.reserve("another"), undefined);
  assert.equal(rig.admission.reserve("a third"), "full");
  rig.admission.drain();
  const answer = await rig.post(urls.dialDone("acme", "transfer"), { DialCallStatus: "busy" });
  assert.equal((await rig.claims(answer))?.resume, "transfer_failed");
});

Deno.test("POST /voice/dial-done speaks the fallback when the slot has gone to another call meanwhile", async () => {
  const rig = afterTransfer(1);
  rig.clock.advance(HOLD_LIFETIME_MS);
  assert.equal(rig.admission.reserve("another"), undefined);
  const { verbs } = await rig.post(urls.dialDone("acme", "transfer"), { DialCallStatus: "no-answer" });
  assert.deepEqual(verbs, [{ verb: "Say", text: rig.business.fallback.words }, { verb: "Hangup" }]);
  assert.deepEqual(rig.prepared, []);
});

Deno.test("POST /voice/dial-done answers a repeated webhook alike", async () => {
  const rig = afterTransfer(1);
  for (let i = 0; i < 2; i++) {
    const answer = await rig.post(urls.dialDone("acme", "transfer"), { DialCallStatus: "busy" });
    assert.equal((await rig.claims(answer))?.resume, "transfer_failed");
  }
  assert.equal(rig.admission.inUse, 1);
});

Deno.test("POST /voice/resume streams the call again, with the reason that its URL gives", async () => {
  const rig = afterTransfer();
  const answer = await rig.post(urls.resume("acme", "digits_sent"));
  assert.equal((await rig.claims(answer))?.resume, "digits_sent");
  assert.deepEqual(rig.prepared, [CALL_SID]);
  assert.equal((await rig.post("/voice/resume?business=acme&resume=whatever")).status, 400);
});

Deno.test("Webhooks refuse what Twilio did not sign", async () => {
  const rig = afterTransfer();
  const form = new URLSearchParams({ CallSid: CALL_SID, DialCallStatus: "busy" });
  const signed = urls.dialDone("acme", "transfer");
  const signature = await rig.signer.sign(signed, form);
  const paths = ["", "/after-stream", "/dial-done", "/whisper", "/resume", "/voicemail", "/status"];
  for (const path of paths) {
    const url = `${PUBLIC_URL}/voice${path}?business=other`;
    assert.equal((await rig.send(url, form)).status, 400, path);
    assert.equal((await rig.send(url, form, signature)).status, 403, path);
  }
  assert.equal((await rig.send(signed, form, signature)).status, 200);
});

Deno.test("Webhooks refuse a malformed CallSid", async () => {
  const rig = new WebhookRig();
  assert.equal((await rig.post(urls.afterStream("acme"), { CallSid: "CA1" })).status, 400);
});
