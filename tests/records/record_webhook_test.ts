import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { RECORD_WEBHOOK_TIMEOUT_MS, sendRecord } from "../../src/records/record_webhook.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";
import { recordWith } from "./records.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";

Deno.test("sendRecord() posts the record, signed over time and body", async () => {
  await using endpoint = new WebhookEndpoint();
  const clock = new ManualClock();
  await sendRecord(
    { url: endpoint.url, signingSecret: "s3cret" },
    recordWith(),
    "d-1",
    clock,
    LOOPBACK_REQUESTS,
  );
  const [{ headers, body }] = endpoint.received;
  assert.deepEqual(JSON.parse(body), { event: "call.ended", delivery: "d-1", record: recordWith() });
  assert.equal(headers.get("content-type"), "application/json");
  assert.equal(headers.get("x-slimline-delivery"), "d-1");
  assert.equal(headers.get("x-slimline-timestamp"), "1767225600");
  const wanted = createHmac("sha256", "s3cret").update(`1767225600.${body}`).digest("hex");
  assert.equal(headers.get("x-slimline-signature"), `v1=${wanted}`);
  assert.equal(clock.pending, 0);
});

Deno.test("sendRecord() signs nothing without a secret, and fails unless the answer is good", async () => {
  await using endpoint = new WebhookEndpoint();
  const clock = new ManualClock();
  const webhook = { url: endpoint.url, signingSecret: undefined };
  for (const status of [302, 400, 500]) {
    endpoint.status = status;
    await assert.rejects(sendRecord(webhook, recordWith(), "d-1", clock, LOOPBACK_REQUESTS), {
      code: "webhook_failed",
    });
  }
  endpoint.status = 200;
  await sendRecord(webhook, recordWith(), "d-1", clock, LOOPBACK_REQUESTS);
  assert.equal(endpoint.received.length, 4, "a redirect was not followed");
  assert.equal(endpoint.received[3].headers.get("x-slimline-signature"), null);
  assert.equal(clock.pending, 0);
});

Deno.test("sendRecord() gives an endpoint that does not answer ten seconds", async () => {
  const clock = new ManualClock();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const webhook = { url: `http://127.0.0.1:${silent.addr.port}/`, signingSecret: undefined };
  const sent = sendRecord(webhook, recordWith(), "d-1", clock, LOOPBACK_REQUESTS);
  using _connection = await silent.accept();
  clock.advance(RECORD_WEBHOOK_TIMEOUT_MS);
  await assert.rejects(sent, { code: "webhook_failed" });
});

interface PageModule {
  isFromSlimline(headers: Record<string, string>, body: string, secret: string): boolean;
}

/** The code that docs/records.md gives to verify a webhook. */
async function pageCode(): Promise<PageModule> {
  const page = await Deno.readTextFile(new URL("../../docs/records.md", import.meta.url));
  const code = /```js\n((?:(?!```)[^])*isFromSlimline(?:(?!```)[^])*)```/.exec(page)?.[1];
  assert.ok(code, "docs/records.md has the code");
  const withBuffer = `import { Buffer } from "node:buffer";\n${code}`; // a global in Node
  return await import(`data:text/javascript,${encodeURIComponent(withBuffer)}`);
}

Deno.test("The documentation's isFromSlimline() believes what sendRecord() signs, and nothing that was changed, is old, or is unsigned", async () => {
  const { isFromSlimline } = await pageCode();
  await using endpoint = new WebhookEndpoint();
  const secret = "s3cret";
  const send = async (nowMs: number, signingSecret: string | undefined) => {
    const clock = new ManualClock();
    clock.advance(nowMs - clock.epoch());
    await sendRecord({ url: endpoint.url, signingSecret }, recordWith(), "d-1", clock, LOOPBACK_REQUESTS);
    const { headers, body } = endpoint.received.at(-1)!;
    return { headers: Object.fromEntries(headers), body };
  };
  const { headers, body } = await send(Date.now(), secret);
  assert.equal(isFromSlimline(headers, body, secret), true);
  assert.equal(isFromSlimline(headers, body.replace("call.ended", "call.mended"), secret), false);
  assert.equal(isFromSlimline(headers, body, "another"), false);
  const later = { ...headers, "x-slimline-timestamp": String(Number(headers["x-slimline-timestamp"]) + 1) };
  assert.equal(isFromSlimline(later, body, secret), false);
  const old = await send(Date.now() - 301_000, secret);
  assert.equal(isFromSlimline(old.headers, old.body, secret), false);
  const unsigned = await send(Date.now(), undefined);
  assert.equal(isFromSlimline(unsigned.headers, unsigned.body, secret), false);
});
