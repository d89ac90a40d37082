import assert from "node:assert/strict";
import type { TransferTarget } from "../../src/businesses/business.ts";
import { transferTwiml } from "../../src/carrier/twilio/twiml.ts";
import { WebhookUrls } from "../../src/carrier/twilio/webhook_urls.ts";
import type { DialStatus } from "../../src/lab/twilio/call_report.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { suspendedCall } from "../support/suspended_call.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { PUBLIC_URL, WebhookRig } from "../support/webhook_rig.ts";

const sales: TransferTarget = {
  name: "sales",
  description: "whoever sells",
  number: "+15550100777",
  announcement: "One moment please.",
  whisper: "A caller for sales.",
  ringSeconds: 20,
};

/** A call that is transferred, over signed HTTP. Nobody takes its stream, so that a call which comes back hears the fallback. */
async function transferred(status: DialStatus) {
  const rig = new WebhookRig({ transfers: [sales] });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => rig.handle(request, "127.0.0.1"),
  );
  const { business } = rig;
  const caller = new SimulatedCaller({
    line: {
      clock: new SystemClock(),
      server: `http://127.0.0.1:${server.addr.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: "AC" + "1".repeat(32),
      authToken: "a test's auth token",
    },
    answer: { twiml: transferTwiml({ urls: new WebhookUrls(PUBLIC_URL), business }, sales) },
    onDial: () => ({ status }),
  });
  const { callSid } = caller;
  const slot = rig.admission.claim(callSid);
  assert.ok(slot);
  rig.suspended.put(callSid, suspendedCall(rig.business));
  rig.admission.hold(slot);
  return { rig, report: await caller.place() };
}

Deno.test("A transferred caller is announced, talks to whoever answers, and is done", async () => {
  const { rig, report } = await transferred("completed");
  assert.deepEqual(report.said, [sales.announcement]);
  assert.deepEqual(report.dialled, [{
    number: sales.number,
    callerId: report.from, // the one who answers sees who calls
    whispered: [sales.whisper],
    status: "completed",
  }]);
  assert.deepEqual(report.problems, []);
  assert.equal(rig.admission.inUse, 0);
});

Deno.test("A caller whose transfer nobody answered is streamed again, and hears the fallback where that fails", async () => {
  const { rig, report } = await transferred("no-answer");
  assert.deepEqual(rig.prepared, [report.callSid]);
  assert.deepEqual(report.problems.map(({ code }) => code), [31920]);
  assert.deepEqual(report.said, [sales.announcement, rig.business.fallback.words]);
});
