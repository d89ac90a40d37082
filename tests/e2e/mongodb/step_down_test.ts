import assert from "node:assert/strict";
import { callFaults } from "../../../src/lab/call/calls_summary.ts";
import { TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { SteppingDownMongo } from "../../support/mongo/stepping_down_mongo.ts";
import { StallWatch } from "../../support/stall_watch.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const TALKS = 4;
const CALLERS = 9;
const WITHIN_MS = 300;

Deno.test({
  name: "A MongoDB whose primary steps down holds no webhook up, loses no call, and counts right afterwards" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using held = new AsyncDisposableStack();
    let mongo: SteppingDownMongo | undefined;
    const fleet = held.use(
      await FleetProcesses.start({
        instances: 2,
        agent: new AccountedAgent().factory,
        business: { limits: { callsAtOnce: TALKS + 2 * CALLERS } },
        changeNginx: withoutRequestLimits,
        mongoUri: (uri) => (mongo = held.use(new SteppingDownMongo(uri))).uri,
      }),
    );
    await fleet.haveShares();
    let untilMs = Infinity;
    const talks = Array.from(
      { length: TALKS },
      () => new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs),
    );
    await eventually("all talk", () => fleet.count("agent_ready") === TALKS, 30_000);

    using stalls = new StallWatch(fleet.clock);
    mongo!.isDown = true;
    const drained = fleet.post(0, "/drain").then((answer) => answer.body?.cancel()); // in the middle of moves
    const calls: { outcome: string; tookMs: number }[] = [];
    for (let count = 0; count < CALLERS; count++) {
      const caller = new SimulatedCaller({ line: fleet.line, maxHeardBytes: 0 });
      const fromMs = fleet.clock.now();
      const over = caller.place();
      await caller.until(() => caller.isConnected, 20_000);
      caller.hangUp();
      const { outcome, webhookMs = Infinity } = await over;
      const stoodMs = stalls.sumBetween(fromMs, fromMs + webhookMs);
      calls.push({ outcome, tookMs: Math.round(webhookMs - stoodMs) });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await drained;
    assert.ok(mongo!.refused.length > 0, "it has been asked");
    mongo!.isDown = false;
    assert.deepEqual(calls.map(({ outcome }) => outcome), calls.map(() => "connected"));
    assert.ok(Math.max(...calls.map(({ tookMs }) => tookMs)) < WITHIN_MS, JSON.stringify(calls));

    await eventually("all instances know that it is back", () => fleet.count("cluster_back") >= 2, 20_000);
    await eventually("all calls have moved", async () => await callsOf(fleet, 0) === 0, 60_000);
    untilMs = 0;
    for (const { report, unanswered } of await Promise.all(talks)) {
      assert.deepEqual(callFaults(report).filter((fault) => !fault.startsWith("31903 ")), []);
      assert.deepEqual([report.said, report.endedBy, unanswered], [[], "caller", 0]);
    }
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    await eventually("no slot is left over", async () => await slots.countDocuments() === 0, 20_000);
  },
});

/** Live calls of an instance. */
async function callsOf(fleet: FleetProcesses, index: number): Promise<number> {
  return (await fleet.get(index, "/memory").then((answer) => answer.json())).activeCalls;
}
