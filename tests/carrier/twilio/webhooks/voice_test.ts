import assert from "node:assert/strict";
import {
  ACCOUNT_SID,
  CALL_SID,
  CALLED,
  CALLER,
  PUBLIC_URL,
  WebhookRig,
} from "../../../support/webhook_rig.ts";

/** The TwiML of `POST /voice`, as text. */
async function voiceTwiml(rig: WebhookRig, callSid = CALL_SID): Promise<string> {
  const url = `${PUBLIC_URL}/voice`;
  const body = new URLSearchParams({ AccountSid: ACCOUNT_SID, CallSid: callSid, From: CALLER, To: CALLED });
  const headers = { "x-twilio-signature": await rig.signer.sign(url, body) };
  const response = await rig.handle(new Request(url, { method: "POST", body, headers }), "203.0.113.1");
  assert.equal(response.headers.get("content-type"), "text/xml; charset=utf-8");
  return await response.text();
}

Deno.test("POST /voice streams a call here, with a token that is good for this call once", async () => {
  const rig = new WebhookRig();
  const twiml = await voiceTwiml(rig);
  const token = /media\/stream\/([^"]+)"/.exec(twiml)?.[1] ?? "";
  assert.equal(
    twiml,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response>` +
      `<Connect action="https://voice.test/voice/after-stream?business=acme" method="POST">` +
      `<Stream url="wss://voice.test/media/stream/${token}"/></Connect></Response>`,
  );
  const opened = await rig.tokens.open(token);
  assert.deepEqual(typeof opened === "object" && opened.claims, {
    callSid: CALL_SID,
    accountSid: ACCOUNT_SID,
    businessId: "acme",
    isCounted: true,
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

Deno.test("POST /voice gives no stream to a call that is over, however its webhooks are repeated", async () => {
  for (const end of ["hung up", "its stream ended", "Twilio said so"]) {
    const rig = new WebhookRig();
    const isFirst = await voiceTwiml(rig);
    assert.match(isFirst, /<Stream/);
    rig.admission.release(rig.admission.claim(CALL_SID)!);
    if (end === "hung up") rig.ended.noteHungUp(CALL_SID);
    else if (end === "its stream ended") rig.ended.noteOver(CALL_SID);
    else await rig.post("/voice/status", { CallStatus: "completed" });
    for (
      const path of [
        "/voice",
        "/voice?business=acme&tries=1",
        "/voice/resume?business=acme&resume=digits_sent",
      ]
    ) {
      assert.equal(await rig.claims(await rig.post(path)), undefined, `${end}, ${path}`);
    }
    assert.equal(await rig.claims(await rig.post("/voice/dial-done", { DialCallStatus: "busy" })), undefined);
    assert.equal(rig.admission.inUse, 0, "nothing is reserved for it");
    assert.deepEqual(rig.prepared, [CALL_SID], "and no session opened");
  }
});

Deno.test("POST /voice gives no second stream to a call that has one, here or in another process", async () => {
  const rig = new WebhookRig();
  await voiceTwiml(rig);
  rig.admission.claim(CALL_SID);
  assert.equal(await rig.claims(await rig.post("/voice")), undefined);
  const other = new WebhookRig();
  other.peers.stateOf = () => Promise.resolve("live");
  assert.equal(await other.claims(await other.post("/voice")), undefined);
  assert.deepEqual([other.admission.inUse, other.prepared], [0, []]);
});

Deno.test("POST /voice gives back what it reserved when it fails", async () => {
  const rig = new WebhookRig({}, 1);
  const forgotten: string[] = [];
  rig.peers.reserve = () => Promise.resolve(true);
  rig.peers.forget = (...names) => void forgotten.push(...names);
  rig.tokens.issue = () => Promise.reject(new Error("no token"));
  assert.equal((await rig.post("/voice")).status, 500);
  assert.deepEqual([rig.admission.inUse, rig.prepared, forgotten], [0, [], []]);
  rig.admission.reserve("another");
  assert.equal((await rig.post("/voice")).status, 500);
  assert.deepEqual([rig.admission.inUse, forgotten], [1, [CALL_SID]], "at the peer too");
});

Deno.test("POST /voice takes every number and address that Twilio may send, and reserves nothing for any other value", async () => {
  const sip = `sip:${"a".repeat(60)}@${"b".repeat(61)}.sip.twilio.com;transport=tls?x=y`;
  for (
    const from of ["", "anonymous", "+266696687", `client:${"ü".repeat(121)}`, sip, `sip:"Zoë O'Hara" <語>@x`]
  ) {
    const rig = new WebhookRig();
    const claims = await rig.claims(await rig.post("/voice", { From: from }));
    assert.equal(claims?.from, from);
  }
  const wrong = {
    AccountSid: `AC${"g".repeat(32)}`,
    AnsweredBy: "machine\nstart",
    CallDuration: "1e9",
    CallSid: CALL_SID.toLowerCase(),
    CallStatus: "x".repeat(65),
    DialCallStatus: "<b>",
    From: "a".repeat(321),
    RecordingUrl: "javascript:alert(1)",
    To: "+1555\u0000",
  };
  for (const [name, value] of Object.entries(wrong)) {
    const rig = new WebhookRig();
    assert.equal((await rig.post("/voice", { [name]: value })).status, 400, name);
    assert.deepEqual([rig.admission.inUse, rig.prepared], [0, []]);
    assert.ok(!JSON.stringify(rig.log.events).includes(value), "the log does not repeat it");
  }
});
