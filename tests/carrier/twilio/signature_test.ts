import assert from "node:assert/strict";
import {
  fitsBodyDigest,
  isSignedByAny,
  streamUrls,
  TwilioSigner,
  webhookUrls,
} from "../../../src/carrier/twilio/signature.ts";

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
  assert.equal(await isSignedByAny([signer], good, webhookUrls(webhook), form), true);
  assert.equal(await isSignedByAny([signer], null, webhookUrls(webhook), form), false);
  assert.equal(await isSignedByAny([signer], "", webhookUrls(webhook), form), false);
  assert.equal(await isSignedByAny([signer], "not base64 !", webhookUrls(webhook), form), false);
  assert.equal(await isSignedByAny([signer], "1" + good.slice(1), webhookUrls(webhook), form), false);
  assert.equal(
    await isSignedByAny(
      [signer],
      good,
      webhookUrls(webhook),
      new URLSearchParams({ ...Object.fromEntries(form), Digits: "1" }),
    ),
    false,
  );
  assert.equal(await isSignedByAny([new TwilioSigner("54321")], good, webhookUrls(webhook), form), false);
});

const forms: Record<string, string[]> = {
  "https://voice.test/p": ["https://voice.test/p", "https://voice.test:443/p"],
  "http://voice.test/p": ["http://voice.test/p", "http://voice.test:80/p"],
  "https://voice.test:8443/p": ["https://voice.test/p", "https://voice.test:8443/p"],
  "https://voice.test/a b": [
    "https://voice.test/a b",
    "https://voice.test:443/a b",
    "https://voice.test/a%20b",
    "https://voice.test:443/a%20b",
  ],
  "https://voice.test/p?x=a+b&y": [
    "https://voice.test/p?x=a+b&y",
    "https://voice.test:443/p?x=a+b&y",
    "https://voice.test/p?x=a%20b&y=",
    "https://voice.test:443/p?x=a%20b&y=",
  ],
  "https://voice.test/a b?x=a+b": [
    "https://voice.test/a b?x=a+b",
    "https://voice.test:443/a b?x=a+b",
    "https://voice.test/a%20b?x=a+b",
    "https://voice.test:443/a%20b?x=a+b",
    "https://voice.test/a%20b?x=a%20b",
    "https://voice.test:443/a%20b?x=a%20b",
  ],
  "https://voice.test/p?": ["https://voice.test/p?", "https://voice.test:443/p?"],
  "no address": ["no address"],
};

Deno.test("webhookUrls() gives each form that Twilio may have signed, once, the likeliest first", () => {
  for (const [url, expected] of Object.entries(forms)) assert.deepEqual([...webhookUrls(url)], expected);
});

Deno.test("streamUrls() gives both schemes, with and without a slash and a standard port", () => {
  const expected = ["", ":80", ":443"].map((port) => `wss://voice.test${port}/s`).flatMap((
    url,
  ) => [url, `${url}/`]);
  expected.push(
    ...["", ":443"].map((port) => `https://voice.test${port}/s`).flatMap((url) => [url, `${url}/`]),
  );
  for (const url of ["wss://voice.test/s", "https://voice.test/s/"]) {
    assert.deepEqual([...streamUrls(url)].sort(), expected.toSorted());
  }
});

Deno.test("fitsBodyDigest() is true for the very body whose digest the URL names", async () => {
  const url =
    "https://voice.test/p?bodySHA256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  assert.equal(await fitsBodyDigest(url, "hello"), true);
  assert.equal(await fitsBodyDigest(url, "Hello"), false);
  assert.equal(await fitsBodyDigest("https://voice.test/p", "hello"), false);
});
