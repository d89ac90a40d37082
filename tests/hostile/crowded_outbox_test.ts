import assert from "node:assert/strict";
import { entryName } from "../../src/records/outbox/entry_name.ts";
import { MAX_WAITING } from "../../src/records/outbox/outbox.ts";
import { sleep } from "../../src/util/clock.ts";
import { recordWith } from "../records/records.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { webhookBusinesses } from "../support/webhook_businesses.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

Deno.test("a business whose webhook is away until nothing more can wait costs the others none of their records", async () => {
  await using away = new WebhookEndpoint();
  away.status = 503;
  await using endpoint = new WebhookEndpoint();
  await using rig = await ServerRig.start(webhookBusinesses(away, endpoint));
  // What a day of calls has left behind.
  const record = recordWith({ expiresAt: new Date(Date.now() + 86_400_000).toISOString() });
  for (let index = 0; index < MAX_WAITING; index++) {
    const name = entryName(Date.now() - index, crypto.randomUUID(), record);
    rig.temp.write(`data/outbox/webhook/${name}`, JSON.stringify(record));
  }
  await rig.startAgain();
  await eventually("what waits is known", () => rig.logged("delivery_failed").length > 0);
  const caller = rig.caller({ to: "+15550100009" });
  const placed = caller.place();
  await sleep(rig.clock, 1_500);
  caller.hangUp();
  await placed;
  const isSent = () => endpoint.received.some(({ body }) => body.includes(caller.callSid));
  await eventually("the other business has its record", isSent, 20_000);
  const lost = rig.logged("webhook_lost").map(({ business }) => business);
  assert.deepEqual(lost, ["acme"]);
});
