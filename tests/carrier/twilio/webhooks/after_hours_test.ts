import assert from "node:assert/strict";
import type { OpeningHours } from "../../../../src/businesses/business.ts";
import { PUBLIC_URL, WebhookRig } from "../../../support/webhook_rig.ts";

const ALWAYS = [{ fromMinute: 0, toMinute: 24 * 60 }];
const DIAL_DONE = "/voice/dial-done?business=acme&way=after_hours";

/** Open on 1 January 2026, the day of the rig's clock, and closed from the next day on. */
function hours(afterHours: OpeningHours["afterHours"]): OpeningHours {
  return { timeZone: "UTC", week: Array(7).fill([]), days: { "2026-01-01": ALWAYS }, afterHours };
}

const CLOSED: OpeningHours["afterHours"] = {
  action: "say",
  words: "We are closed.",
  forwardTo: "+15550100777",
  voicemail: true,
};

Deno.test("POST /voice says the words of after hours, then dials, then records, without a slot", async () => {
  const rig = new WebhookRig({ hours: hours(CLOSED) });
  assert.equal((await rig.post("/voice")).verbs[0].verb, "Connect");
  rig.admission.cancel("CA0123456789abcdef0123456789abcdef");
  rig.clock.advance(24 * 3_600_000);
  const { verbs } = await rig.post("/voice");
  assert.deepEqual(verbs.map(({ verb }) => verb), ["Say", "Dial"]);
  assert.match(JSON.stringify(verbs), /We are closed\./);
  assert.match(JSON.stringify(verbs), /\+15550100777/);
  assert.ok(JSON.stringify(verbs).includes(`${PUBLIC_URL}${DIAL_DONE}`));
  assert.equal(rig.admission.inUse, 0);
  assert.ok(rig.log.names.includes("call_after_hours"));
  const unanswered = await rig.post(DIAL_DONE, { DialCallStatus: "no-answer" });
  assert.deepEqual(unanswered.verbs.map(({ verb }) => verb), ["Record", "Hangup"]);
  assert.equal(rig.prepared.length, 1, "no session is opened for a closed business");
});

Deno.test("POST /voice hangs up after the words when nobody is to be dialled and nothing recorded", async () => {
  const rig = new WebhookRig({ hours: hours({ ...CLOSED, forwardTo: undefined, voicemail: false }) });
  rig.clock.advance(24 * 3_600_000);
  assert.deepEqual((await rig.post("/voice")).verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
});

Deno.test("POST /voice streams a call after hours where the model answers then, and an outbound one", async () => {
  const answering = new WebhookRig({ hours: hours({ action: "answer", instructions: "Closed." }) });
  answering.clock.advance(24 * 3_600_000);
  assert.equal((await answering.post("/voice")).verbs[0].verb, "Connect");
  const silent = new WebhookRig({ hours: hours(CLOSED) });
  silent.clock.advance(24 * 3_600_000);
  const outbound = await silent.post("/voice?business=acme", { Direction: "outbound-api" });
  assert.equal(outbound.verbs[0].verb, "Connect");
});
