import assert from "node:assert/strict";
import { TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { SlowMongo } from "../../support/mongo/slow_mongo.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const INSTANCES = 3;
const MOST = 6;
/** The others have given all that was the lost one's by then. */
const CUT_OFF_MS = 15_000;
const FREE_WITHIN_MS = 15_000;

Deno.test({
  name:
    "One instance alone is cut off from MongoDB: a business has no more than that one's part or calls beyond its limit, and no slot stays taken" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using held = new AsyncDisposableStack();
    let link: SlowMongo | undefined;
    const fleet = held.use(
      await FleetProcesses.start({
        instances: INSTANCES,
        business: { limits: { callsAtOnce: MOST } },
        changeNginx: withoutRequestLimits,
        mongoUri: (uri) => {
          link = held.use(new SlowMongo(uri));
          return uri;
        },
        envOf: (index): Record<string, string> => index === 0 ? { MONGODB_URI: link!.uri } : {},
      }),
    );
    await fleet.haveShares();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const liveAt = async (index: number): Promise<number> => {
      const { calls } = await (await fleet.get(index, "/calls")).json();
      return calls.length;
    };
    const live = async () => {
      const counts = await Promise.all(Array.from({ length: INSTANCES }, (_, index) => liveAt(index)));
      return counts.reduce((sum, count) => sum + count);
    };
    let untilMs = Infinity;
    const talks = Array.from(
      { length: MOST },
      () => new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs),
    );
    await eventually("all lines are taken", async () => await live() === MOST, 20_000);
    const beyond = Math.max(MOST / INSTANCES, await liveAt(0));
    link!.delayMs = Infinity;
    let most = 0;
    const newcomers: ReturnType<TalkingCaller["talk"]>[] = [];
    for (const endMs = performance.now() + CUT_OFF_MS; performance.now() < endMs; await wait(500)) {
      newcomers.push(new TalkingCaller(fleet.line).talk(() => 0));
      most = Math.max(most, await live());
    }
    link!.delayMs = 0;
    assert.ok(most <= MOST + beyond, `${most} calls at once`);
    await eventually("it is back", () => fleet.count("cluster_back") === fleet.count("cluster_away"), 20_000);
    untilMs = 0;
    for (const { report } of await Promise.all(talks)) assert.equal(report.endedBy, "caller");
    await Promise.all(newcomers);
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    await eventually("no slot stays taken", async () => await slots.countDocuments() === 0, FREE_WITHIN_MS);
  },
});
