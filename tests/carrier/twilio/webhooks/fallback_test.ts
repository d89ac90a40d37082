import assert from "node:assert/strict";
import type { Fallback } from "../../../../src/businesses/business.ts";
import { WebhookUrls } from "../../../../src/carrier/twilio/webhook_urls.ts";
import type { Verb } from "../../../../src/lab/twilio/parse_twiml.ts";
import { CALL_SID, CALLED, CALLER, PUBLIC_URL, WebhookRig } from "../../../support/webhook_rig.ts";

const urls = new WebhookUrls(PUBLIC_URL);
const words = "We are sorry.";
const forwardTo = "+15550100888";

const dial: Verb = {
  verb: "Dial",
  action: { url: `${PUBLIC_URL}/voice/dial-done?business=acme&way=fallback`, method: "POST" },
  callerId: undefined,
  numbers: [{
    number: forwardTo,
    whisper: undefined,
    statusCallback: undefined,
    statusCallbackEvents: ["completed"],
  }],
};
const record: Verb = {
  verb: "Record",
  action: { url: `${PUBLIC_URL}/voice/voicemail?business=acme`, method: "POST" },
  recordingStatusCallback: { url: `${PUBLIC_URL}/voice/recorded?business=acme`, method: "POST" },
  timeoutSeconds: 6,
  maxSeconds: 180,
  beeps: true,
};
const said: Verb = { verb: "Say", text: words };
const hangup: Verb = { verb: "Hangup" };

const cases: [Omit<Fallback, "words">, Verb[]][] = [
  [{ forwardTo: undefined, voicemail: false }, [said, hangup]],
  [{ forwardTo: undefined, voicemail: true }, [said, record, hangup]],
  [{ forwardTo, voicemail: false }, [said, dial]],
  [{ forwardTo, voicemail: true }, [said, dial]],
];
for (const [options, verbs] of cases) {
  const { forwardTo: number = "nobody", voicemail } = options;
  Deno.test(`POST /voice/after-stream helps: forward to ${number}, voicemail ${voicemail}`, async () => {
    const rig = new WebhookRig({ fallback: { words, ...options } });
    assert.deepEqual((await rig.post(urls.afterStream("acme"))).verbs, verbs);
  });
}

Deno.test("POST /voice/after-stream hangs up on a call that ended in good order, also when it is repeated", async () => {
  const rig = new WebhookRig({ fallback: { words, forwardTo, voicemail: true } });
  rig.ended.noteHungUp(CALL_SID);
  for (let i = 0; i < 2; i++) assert.deepEqual((await rig.post(urls.afterStream("acme"))).verbs, [hangup]);
});

Deno.test("POST /voice/after-stream gives back the slot of a caller who hung up before the stream came", async () => {
  const rig = new WebhookRig();
  await rig.post("/voice");
  await rig.post("/voice/after-stream?business=acme", { CallStatus: "completed" });
  assert.equal(rig.admission.inUse, 0);
});

Deno.test("POST /voice gives a refused caller busy words and the same help", async () => {
  const rig = new WebhookRig({ busyWords: "Busy.", fallback: { words, forwardTo, voicemail: false } }, 0);
  const busyDial = { ...dial, action: { url: urls.dialDone("acme", "busy"), method: "POST" } };
  assert.deepEqual((await rig.post("/voice")).verbs, [{ verb: "Say", text: "Busy." }, busyDial]);
  const bare = new WebhookRig({ busyWords: "Busy." }, 0);
  assert.deepEqual((await bare.post("/voice")).verbs, [{ verb: "Say", text: "Busy." }, hangup]);
});

Deno.test("POST /voice/dial-done goes on to voicemail when the forward number did not answer", async () => {
  const rig = new WebhookRig({ fallback: { words, forwardTo, voicemail: true } });
  const done = urls.dialDone("acme", "fallback");
  for (const status of ["busy", "no-answer", "failed", "canceled"]) {
    assert.deepEqual((await rig.post(done, { DialCallStatus: status })).verbs, [record, hangup], status);
  }
  assert.deepEqual((await rig.post(done, { DialCallStatus: "completed" })).verbs, [hangup]);
  const bare = new WebhookRig({ fallback: { words, forwardTo, voicemail: false } });
  assert.deepEqual((await bare.post(done, { DialCallStatus: "busy" })).verbs, [hangup]);
});

Deno.test("POST /voice/after-stream shows our own number to whom an outbound call is forwarded", async () => {
  const rig = new WebhookRig({ fallback: { words, forwardTo, voicemail: false } });
  const form = { Direction: "outbound-api", From: CALLED, To: CALLER };
  assert.deepEqual((await rig.post(urls.afterStream("acme"), form)).verbs, [said, {
    ...dial,
    callerId: CALLED,
  }]);
});

Deno.test("POST /voice/voicemail tells where the message is, and thanks the caller", async () => {
  const rig = new WebhookRig();
  const recordingUrl = "https://api.twilio.com/Recordings/RE1";
  const form = { RecordingUrl: recordingUrl, RecordingDuration: "12" };
  const { verbs } = await rig.post(urls.voicemail("acme"), form);
  assert.deepEqual(verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
  assert.deepEqual(rig.log.events, [{
    level: "info",
    event: "voicemail_left",
    attributes: { call: CALL_SID, business: "acme", from: CALLER, recordingUrl, durationSeconds: 12 },
  }]);
});

Deno.test("POST /voice/after-stream lets a call begin once more whose stream no instance has had, and only once", async () => {
  const rig = new WebhookRig({ fallback: { words, forwardTo: undefined, voicemail: false } });
  Object.assign(rig.peers, {
    afterStream: () => Promise.resolve("again"),
    tokenBinding: { name: "here", isNeeded: true },
  });
  const first = await rig.post(urls.afterStream("acme"));
  const { boundTo, resume } = (await rig.claims(first))!;
  assert.deepEqual([boundTo, resume], ["here", undefined]);
  const [connect] = first.verbs;
  assert.ok(connect.verb === "Connect");
  assert.equal(connect.action?.url, urls.afterStream("acme", true));
  assert.deepEqual((await rig.post(connect.action!.url)).verbs, [said, hangup]);
  // What a call that we placed is about is not known here.
  const placed = await rig.post(urls.afterStream("acme"), { Direction: "outbound-api" });
  assert.deepEqual(placed.verbs, [said, hangup]);
});
