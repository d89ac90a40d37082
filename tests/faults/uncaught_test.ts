import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";

Deno.test("An exception that nothing catches, and a promise whose rejection nobody handles: calls and the process go on", async () => {
  await using rig = await ServerRig.start({ preload: "tests/faults/careless_module.ts" });
  let untilMs = Infinity;
  const talks = Array.from({ length: 3 }, () => rig.talk(() => untilMs));
  await eventually("the calls are on", () => rig.logged("agent_ready").length === talks.length);
  for (let time = 1; time <= 2; time++) {
    rig.server.signal("SIGUSR2");
    await eventually("it is told", () => {
      return rig.logged("uncaught_error").length === time &&
        rig.logged("unhandled_rejection").length === time;
    });
  }
  assert.deepEqual(rig.logged("uncaught_error").map(({ level }) => level), ["error", "error"]);
  assert.equal((await rig.talk(() => 0)).report.outcome, "connected", "the next call is taken");
  untilMs = 0;
  for (const { report } of await Promise.all(talks)) {
    assert.deepEqual(callFaults(report), []);
    assert.equal(report.endedBy, "caller");
  }
  rig.server.signal("SIGTERM");
  assert.equal(await rig.server.ended(), 0);
});
