import assert from "node:assert/strict";
import {
  fitsBodyDigest,
  isSignedByAny,
  namesBodyDigest,
  streamUrls,
  TwilioSigner,
  webhookUrls,
} from "../../../src/carrier/twilio/signature.ts";
import vectors from "../../fixtures/twilio_signatures.json" with { type: "json" };

// What Twilio's own library, npm `twilio` 6.2.0, says of these requests: tests/fixtures/twilio_signatures.js asks it.
const signer = new TwilioSigner(vectors.token);

Deno.test("TwilioSigner takes the webhooks that Twilio's own library takes, and no others", async () => {
  for (const { url, params, signature, isValid } of vectors.webhooks) {
    const form = new URLSearchParams(params as [string, string][]);
    assert.equal(
      await isSignedByAny([signer], signature, webhookUrls(url), form),
      isValid,
      `${url} ${signature}`,
    );
  }
  assert.ok(
    vectors.webhooks.some(({ isValid }) => isValid) && vectors.webhooks.some(({ isValid }) => !isValid),
  );
});

Deno.test("TwilioSigner takes the digests of bodies that Twilio's own library takes, and no others", async () => {
  for (const { url, body, signature, isValid } of vectors.bodies) {
    assert.ok(namesBodyDigest(url));
    const fits = await isSignedByAny([signer], signature, webhookUrls(url)) &&
      await fitsBodyDigest(url, body);
    assert.equal(fits, isValid, `${url} ${body}`);
  }
});

Deno.test("TwilioSigner takes the upgrades that Twilio's own library takes, and those over https and with a slash", async () => {
  for (const { url, signature, isValid } of vectors.streams) {
    const fits = await isSignedByAny([signer], signature, streamUrls(url));
    if (isValid) assert.ok(fits, `${url} ${signature}`);
  }
  for (
    const url of ["wss://ex.test/m/t", "wss://ex.test/m/t/", "https://ex.test/m/t", "wss://ex.test:443/m/t"]
  ) {
    assert.ok(await isSignedByAny([signer], await signer.sign(url), streamUrls("wss://ex.test/m/t")), url);
  }
  for (
    const url of ["wss://ex.test/m/u", "wss://ex.test/m/t//", "wss://ex.test/m/t?x=1", "wss://other.test/m/t"]
  ) {
    assert.ok(!await isSignedByAny([signer], await signer.sign(url), streamUrls("wss://ex.test/m/t")), url);
  }
});
