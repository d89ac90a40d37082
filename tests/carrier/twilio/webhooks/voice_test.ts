import assert from "node:assert/strict";
import { CALL_SID, CALLED, CALLER, PUBLIC_URL, WebhookRig } from "../../../support/webhook_rig.ts";

/** The TwiML of `POST /voice`, as text. */
async function voiceTwiml(rig: WebhookRig, callSid = CALL_SID): Promise<string> {
  const url = `${PUBLIC_URL}/voice`;
  const body = new URLSearchParams({ CallSid: callSid, From: CALLER, To: CALLED });
  const headers = { "x-twilio-signature": await rig.signer.sign(url, body) };
  const response = await rig.handle(new Request(url, { method: "POST", body, headers }), "203.0.113.1");
  assert.equal(response.headers.get("content-type"), "text/xml; charset=utf-8");
  return await response.text();
}

Deno.test("POST /voice streams a call here, with a token that is good for this call once", async () => {
  const rig = new WebhookRig();
  const twiml = await voiceTwiml(rig);
  const token = /<Parameter name="token" value="([^"]+)"\/>/.exec(twiml)?.[1] ?? "";
  assert.equal(
    twiml,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response>` +
      `<Connect action="https://voice.test/voice/after-stream?business=acme" method="POST">` +
      `<Stream url="wss://voice.test/media/stream"><Parameter name="token" value="${token}"/></Stream>` +
      `</Connect></Response>`,
  );
  assert.deepEqual(await rig.tokens.redeem(token), {
    callSid: CALL_SID,
    businessId: "acme",
    from: CALLER,
    to: CALLED,
  });
});

Deno.test("POST /voice reserves one slot for a call, however often Twilio repeats it", async () => {
  const rig = new WebhookRig({}, 2);
  const first = await voiceTwiml(rig);
  const second = await voiceTwiml(rig);
  assert.equal(rig.admission.inUse, 1);
  assert.notEqual(first, second, "each answer has a token of its own");
});

Deno.test("POST /voice speaks the busy words of the business when there is no slot", async () => {
  const rig = new WebhookRig({ busyWords: "Please call later & don't wait." }, 1);
  await voiceTwiml(rig);
  const twiml = await voiceTwiml(rig, CALL_SID.replace("0", "f"));
  assert.match(twiml, /Please call later &amp; don't wait\./);
  assert.doesNotMatch(twiml, /<Stream/);
  assert.deepEqual(rig.log.names.filter((name) => name === "call_refused"), ["call_refused"]);
});
