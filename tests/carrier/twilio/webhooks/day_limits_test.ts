import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../../../src/businesses/business.ts";
import { WebhookRig } from "../../../support/webhook_rig.ts";

Deno.test("POST /voice says the busy words once a business has had its minutes of the day, and resumes its calls", async () => {
  const rig = new WebhookRig({
    limits: { ...DEFAULT_BUSINESS.limits, minutesPerDay: 5 },
    busyWords: "Enough.",
  });
  assert.equal((await rig.post("/voice")).verbs[0].verb, "Connect");
  rig.dayLimits.add(rig.business, { minutes: 5, costUsd: 0 });
  const refused = await rig.post("/voice", { CallSid: `CA${"b".repeat(32)}` });
  assert.deepEqual(refused.verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
  assert.match(JSON.stringify(refused.verbs), /Enough\./);
  assert.equal(rig.admission.state.refused.day_limit, 1);
  const placed = await rig.post("/voice?business=acme", { Direction: "outbound-api" });
  assert.equal(placed.verbs[0].verb, "Connect", "whoever was called is not told to call later");
  const resumed = await rig.post("/voice/resume?business=acme&resume=digits_sent");
  assert.equal(resumed.verbs[0].verb, "Connect");
});
