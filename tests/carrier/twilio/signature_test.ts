import assert from "node:assert/strict";
import { TwilioSigner, webhookUrls } from "../../../src/carrier/twilio/signature.ts";

// Vectors computed with Twilio's own SDK 6.2.0, auth token "12345".
const signer = new TwilioSigner("12345");
const webhook = "https://mycompany.com/myapp.php?foo=1&bar=2";
const form = new URLSearchParams({
  CallSid: "CA1234567890ABCDE",
  Caller: "+12349013030",
  Digits: "1234",
  From: "+12349013030",
  To: "+18005551212",
});

Deno.test("TwilioSigner signs a webhook as Twilio's SDK does", async () => {
  assert.equal(await signer.sign(webhook, form), "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
});

Deno.test("TwilioSigner sorts and de-duplicates a repeated parameter", async () => {
  const repeated = new URLSearchParams([["A", "b"], ["A", "a"], ["A", "a"]]);
  assert.equal(await signer.sign(webhook, repeated), "aFDvv79+FXlfmg3KgOraytPRvzM=");
});

Deno.test("TwilioSigner signs a stream URL in each form that Twilio may use", async () => {
  assert.equal(await signer.sign("wss://ex.test/media"), "a3AWCBK536CecRJk291i8kxa8w0=");
  assert.equal(await signer.sign("wss://ex.test/media/"), "LTAhSPKLegTObnRDDg3X3CkR4HY=");
  assert.equal(await signer.sign("https://ex.test/media"), "ULDnPay8M490GR9RkkAk+HyEL70=");
});

Deno.test("TwilioSigner accepts what it should and nothing else", async () => {
  const good = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";
  assert.equal(await signer.verify(good, webhookUrls(webhook), form), true);
  assert.equal(await signer.verify(null, webhookUrls(webhook), form), false);
  assert.equal(await signer.verify("", webhookUrls(webhook), form), false);
  assert.equal(await signer.verify("not base64 !", webhookUrls(webhook), form), false);
  assert.equal(await signer.verify("1" + good.slice(1), webhookUrls(webhook), form), false);
  assert.equal(
    await signer.verify(
      good,
      webhookUrls(webhook),
      new URLSearchParams({ ...Object.fromEntries(form), Digits: "1" }),
    ),
    false,
  );
  assert.equal(await new TwilioSigner("54321").verify(good, webhookUrls(webhook), form), false);
});
