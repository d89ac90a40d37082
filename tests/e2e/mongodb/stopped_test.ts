import assert from "node:assert/strict";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const CALLS = 6;
/** A machine that was suspended, or swaps: others count it as dead after eight seconds. */
const STOPPED_MS = 30_000;
/** Twilio waits so long for the answer to a webhook. */
const TWILIO_WAITS_MS = 15_000;

Deno.test({
  name:
    "An instance stands still for 30 s: new callers are answered by others in time, and its own calls go on with their slots" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    const agent = new AccountedAgent();
    await using fleet = await FleetProcesses.start({
      agent: agent.factory,
      business: { limits: { callsAtOnce: 3 * CALLS } },
      changeNginx: withoutRequestLimits,
    });
    for (const index of [1, 2]) assert.equal(await fleet.stop(index), 0);
    let untilMs = Infinity;
    const talks: Promise<TalkedCall>[] = [];
    for (let call = 0; call < CALLS; call++) {
      talks.push(new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await eventually("all talk", () => fleet.count("agent_ready") === CALLS, 20_000);
    for (const index of [1, 2]) await fleet.startAgain(index);
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    await eventually("each has its slot", async () => await slots.countDocuments() === CALLS, 20_000);
    const { instance } = (await slots.findOne())!;
    fleet.servers[0].signal("SIGSTOP");
    const backMs = performance.now() + STOPPED_MS;
    try {
      const newcomers = await Promise.all(
        Array.from({ length: CALLS }, () => new TalkingCaller(fleet.line).talk(() => 0)),
      );
      for (const { report } of newcomers) {
        assert.ok((report.webhookMs ?? Infinity) < TWILIO_WAITS_MS, `a webhook took ${report.webhookMs} ms`);
      }
      await eventually(
        "it counts as dead",
        async () => await slots.countDocuments({ instance }) === 0,
        STOPPED_MS,
      );
      await new Promise((resolve) => setTimeout(resolve, backMs - performance.now()));
    } finally {
      fleet.servers[0].signal("SIGCONT");
    }
    await eventually(
      "its calls are counted again",
      async () => await slots.countDocuments({ instance }) === CALLS,
      15_000,
    );
    assert.equal(fleet.count("call_rescued"), 0);
    untilMs = 0;
    for (const { report } of await Promise.all(talks)) {
      assert.deepEqual([report.said, report.endedBy], [[], "caller"]);
      let reason: string | undefined;
      await eventually("there is one record, of the whole call", async () => {
        const answer = await fleet.get(1, `/records?call=${report.callSid}`);
        reason = answer.ok ? (await answer.json()).reason : void await answer.body?.cancel();
        return reason === "caller_hung_up";
      }, 20_000);
    }
    await eventually("no slot is left over", async () => await slots.countDocuments() === 0, 15_000);
  },
});
