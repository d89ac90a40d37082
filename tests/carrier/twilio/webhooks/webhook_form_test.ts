import assert from "node:assert/strict";
import { AuthTokens } from "../../../../src/carrier/twilio/auth_tokens.ts";
import { twimlResponse } from "../../../../src/carrier/twilio/webhooks/signed_webhook.ts";
import {
  MAX_FORM_BYTES,
  MAX_FORM_NAME_CHARS,
  MAX_FORM_PARAMETERS,
  MAX_FORM_VALUE_CHARS,
  readSignedForm,
} from "../../../../src/carrier/twilio/webhooks/webhook_form.ts";
import { BODY_TIMEOUT_MS } from "../../../../src/http/request_body.ts";
import { TwilioSigner } from "../../../../src/carrier/twilio/signature.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

const PUBLIC_URL = "https://voice.example.com";
const clock = new ManualClock();
const signer = new TwilioSigner("12345");
const authTokens = new AuthTokens("12345");
/** Of the right form, and made with no token. */
const MADE_UP = `${"A".repeat(27)}=`;
const form = new URLSearchParams({ CallSid: `CA${"1".repeat(32)}`, From: "+15550000123", Name: "Zoë & Co" });

/** A request as it arrives behind a proxy: another scheme, host and port than those that Twilio asked. */
function request(body: BodyInit, signature?: string, path = "/voice?business=a%20b"): Request {
  return new Request(`http://10.0.0.7:8080${path}`, {
    method: "POST",
    body,
    headers: signature === undefined ? {} : { "x-twilio-signature": signature },
  });
}

async function statusOf(request: Request, tokens: AuthTokens | undefined = authTokens): Promise<number> {
  const result = await readSignedForm(request, { authTokens: tokens, publicUrl: PUBLIC_URL, clock });
  return result instanceof Response ? result.status : 200;
}

Deno.test("readSignedForm() gives the form of a webhook that Twilio signed for the public URL", async () => {
  const signature = await signer.sign(`${PUBLIC_URL}/voice?business=a%20b`, form);
  const read = await readSignedForm(request(form, signature), { authTokens, publicUrl: PUBLIC_URL, clock });
  assert.ok(read instanceof URLSearchParams);
  assert.deepEqual([...read], [...form]);
});

Deno.test("readSignedForm() answers 400 without a signature", async () => {
  assert.equal(await statusOf(request(form)), 400);
});

Deno.test("readSignedForm() answers 403 when anything that is signed was changed", async () => {
  const signature = await signer.sign(`${PUBLIC_URL}/voice?business=a%20b`, form);
  const changed = new URLSearchParams({ ...Object.fromEntries(form), From: "+15550000124" });
  assert.equal(await statusOf(request(changed, signature)), 403);
  assert.equal(await statusOf(request(form, signature, "/voice?business=b")), 403);
  assert.equal(await statusOf(request(form, signature, "/voice/status?business=a%20b")), 403);
  assert.equal(await statusOf(request(form, signature), new AuthTokens("54321")), 403);
  const forHost = await signer.sign("http://10.0.0.7:8080/voice?business=a%20b", form);
  assert.equal(await statusOf(request(form, forHost)), 403, "the request's own host is not believed");
});

Deno.test("readSignedForm() reads nothing of a request that nobody can have signed", async () => {
  for (
    const signature of [undefined, "", "x", `${"A".repeat(27)}`, `${MADE_UP}, ${MADE_UP}`, "A".repeat(28)]
  ) {
    let isRead = false;
    const body = new ReadableStream<Uint8Array>({ pull: () => void (isRead = true) }, { highWaterMark: 0 });
    assert.equal(await statusOf(request(body, signature)), signature === undefined ? 400 : 403);
    assert.equal(isRead, false);
    await body.cancel();
  }
});

Deno.test("readSignedForm() refuses a body that Twilio would not send, before it looks whether the signature fits", async () => {
  const statusWith = (body: string) => statusOf(request(body, MADE_UP));
  assert.equal(await statusWith("a".repeat(MAX_FORM_BYTES + 1)), 413);
  assert.equal(await statusWith("a=&".repeat(MAX_FORM_PARAMETERS)), 413);
  assert.equal(await statusWith("a=&".repeat(MAX_FORM_PARAMETERS - 1)), 403);
  assert.equal(await statusWith("a".repeat(MAX_FORM_NAME_CHARS + 1)), 400);
  assert.equal(await statusWith("a".repeat(MAX_FORM_NAME_CHARS)), 403);
  assert.equal(await statusWith(`a=${"b".repeat(MAX_FORM_VALUE_CHARS + 1)}`), 400);
  assert.equal(await statusWith(`a=${"b".repeat(MAX_FORM_VALUE_CHARS)}`), 403);
});

Deno.test("readSignedForm() reads no more of an endless body than it must", async () => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(16_384).fill(97));
    },
  });
  assert.equal(await statusOf(request(body, MADE_UP)), 413);
  assert.ok(pulled < 10, `${pulled} chunks were read`);
});

Deno.test("readSignedForm() answers 408 when the rest of a body does not come, and waits no longer", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([97])),
    cancel: () => void (isCancelled = true),
  });
  const status = statusOf(request(body, MADE_UP));
  clock.advance(BODY_TIMEOUT_MS);
  assert.equal(await status, 408);
  assert.ok(isCancelled);
  assert.equal(clock.pending, 0);
});

Deno.test("readSignedForm() verifies nothing without a signer, as with --insecure", async () => {
  const read = await readSignedForm(request(form), {
    authTokens: undefined,
    publicUrl: PUBLIC_URL,
    clock,
  });
  assert.ok(read instanceof URLSearchParams);
  assert.equal(read.get("Name"), "Zoë & Co");
});

Deno.test("twimlResponse() answers with XML", async () => {
  const response = twimlResponse("<Response/>");
  assert.deepEqual([response.status, response.headers.get("content-type")], [200, "text/xml; charset=utf-8"]);
  assert.equal(await response.text(), "<Response/>");
});
