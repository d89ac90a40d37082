import assert from "node:assert/strict";
import { redact } from "../../src/observability/redaction/redact_attributes.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";

Deno.test("a call whose code throws ends alone, and its log says why without quoting personal data", async () => {
  await using rig = await BridgeRig.start();
  const { calls } = rig.app;
  const start = calls.start.bind(calls);
  calls.start = (...parts) => {
    const call = start(...parts);
    call.callerAudio.write = () => {
      throw new Error("no such user: ann@example.com");
    };
    return call;
  };
  const report = await rig.caller().place();
  assert.equal(report.endedBy, "server");
  await eventually("the call ended", () => rig.ended.length === 1);
  const failed = rig.log.events.find(({ event }) => event === "stream_failed");
  assert.deepEqual(redact(failed?.attributes ?? {}), {
    call: report.callSid,
    message: "A stream's handler threw: no such user: [e-mail address]",
  });
});
