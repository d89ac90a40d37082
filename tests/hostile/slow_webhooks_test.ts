import assert from "node:assert/strict";
import { sleep } from "../../src/util/clock.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { webhookBusinesses } from "../support/webhook_businesses.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

/** Calls of the business whose endpoint takes its time, which end before the other one's. */
const CALLS = 4;
/** Less than a record webhook may take; all of them together take four times that. */
const SLOW_MS = 9_000;
/** Until the other business has its record. */
const SOON_MS = 4_000;

Deno.test("a business whose endpoint takes long for each record does not keep those of others waiting", async () => {
  await using slow = new WebhookEndpoint();
  slow.delayMs = SLOW_MS;
  await using quick = new WebhookEndpoint();
  await using rig = await ServerRig.start(webhookBusinesses(slow, quick));
  const { clock } = rig;
  const call = async (to: string) => {
    const caller = rig.caller({ to });
    const placed = caller.place();
    await sleep(clock, 1_500);
    caller.hangUp();
    await placed;
  };
  await Promise.all(Array.from({ length: CALLS }, () => call("+15550100000")));
  await eventually("the slow endpoint has a record", () => slow.received.length > 0);
  await call("+15550100009");
  const startMs = clock.now();
  await eventually("the other endpoint has its record", () => quick.received.length > 0, 60_000);
  const tookMs = clock.now() - startMs;
  if (Deno.args.includes("--show")) console.log({ tookMs });
  assert.ok(tookMs <= SOON_MS, `after ${tookMs} ms`);
  assert.equal(slow.received.length, 1, "one at a time");
});
