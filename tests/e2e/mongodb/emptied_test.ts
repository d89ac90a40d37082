import assert from "node:assert/strict";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const CALLS = 6;

Deno.test({
  name:
    "A fleet whose database has lost everything goes on: calls are counted again, new ones come in, and can move" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start({
      agent: new AccountedAgent().factory,
      business: { limits: { callsAtOnce: 2 * CALLS } },
      changeNginx: withoutRequestLimits,
    });
    let untilMs = Infinity;
    const talks: Promise<TalkedCall>[] = [];
    for (let call = 0; call < CALLS; call++) {
      talks.push(new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await eventually("all talk", () => fleet.count("agent_ready") === CALLS, 20_000);
    await fleet.haveShares();
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    await client.db().dropDatabase();
    await eventually("all are counted again", async () => await slots.countDocuments() === CALLS, 20_000);
    const { report } = await new TalkingCaller(fleet.line).talk(() => 0);
    assert.equal(report.outcome, "connected");
    assert.equal(await fleet.replace(0), 0); // its calls move
    untilMs = 0;
    for (const { report } of await Promise.all(talks)) {
      assert.deepEqual([report.said, report.endedBy], [[], "caller"]);
    }
    await eventually("no slot is left over", async () => await slots.countDocuments() === 0, 15_000);
  },
});
