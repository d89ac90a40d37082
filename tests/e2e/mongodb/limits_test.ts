import assert from "node:assert/strict";
import { TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { burst } from "../../support/fleet_burst.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
/** Of the one business. */
const MOST = 10;
const CALLERS = 300;
const TO = "+15550100000";

Deno.test({
  name:
    "Of 300 callers who come to three instances at once a business has 10, never 11, and never fewer while they come: " +
    `from the first second on without the database, and once it is back${
      missing === undefined ? "" : ` (${missing})`
    }`,
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start({
      business: { name: "Acme", numbers: [TO], instructions: "Be brief.", limits: { callsAtOnce: MOST } },
      changeNginx: withoutRequestLimits,
    });
    /** As often as it takes on a busy machine: a caller who gives up before the stream keeps a slot for a while. */
    const fills = () =>
      eventually("all slots are taken", async () => {
        const { mostAtOnce, leastFromThenOn = MOST } = await burst(fleet.line, TO, {
          callers: CALLERS,
          most: MOST,
        });
        assert.ok(mostAtOnce <= MOST, `${mostAtOnce} at once`);
        assert.equal(leastFromThenOn, MOST);
        return mostAtOnce === MOST;
      }, 90_000);
    // It goes as soon as they listen: each has its share by then.
    await fleet.mongo.kill();
    await eventually("that is noticed", () => fleet.count("cluster_away") === 3);
    await fills();
    await fleet.mongo.restart();
    await eventually("it is back", () => fleet.count("cluster_back") === 3);
    await fleet.haveShares();
    await fills();
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    await eventually("no slot is left over", async () => await slots.countDocuments() === 0);
  },
});

/** Whoever says nothing for eight seconds is dead, and the others look every two. */
const DEAD_TO_ALL_AFTER_MS = 10_500;

Deno.test({
  name:
    "What an instance may have whose death was noticed is the others' when MongoDB is killed right after" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start({
      business: { name: "Acme", numbers: [TO], instructions: "Be brief.", limits: { callsAtOnce: MOST } },
      changeNginx: withoutRequestLimits,
    });
    await fleet.haveShares();
    await fleet.servers[1].kill();
    await new Promise((resolve) => setTimeout(resolve, DEAD_TO_ALL_AFTER_MS));
    await fleet.mongo.kill();
    await eventually("that is noticed", () => fleet.count("cluster_away") === 2);
    const { mostAtOnce, leastFromThenOn } = await burst(fleet.line, TO, { callers: CALLERS, most: MOST });
    assert.deepEqual({ mostAtOnce, leastFromThenOn }, { mostAtOnce: MOST, leastFromThenOn: MOST });
  },
});

/** Of a fleet whose database goes away while one of its instances is being replaced. */
const NEWCOMERS = 9;

for (
  const [when, replace] of [
    ["has just joined", async (fleet: FleetProcesses) => {
      const started = fleet.startAgain(0);
      await eventually("it has joined", async () => await instancesIn(fleet) === 3, 20_000);
      await fleet.mongo.kill();
      await started;
    }],
    ["has not joined yet", async (fleet: FleetProcesses) => {
      await fleet.mongo.kill();
      await fleet.startAgain(0);
    }],
  ] as const
) {
  Deno.test({
    name:
      `An instance that ${when} when MongoDB is killed sends callers whom it cannot count to those that can` +
      (missing === undefined ? "" : ` (${missing})`),
    ignore: missing !== undefined,
    async fn() {
      await using fleet = await FleetProcesses.start({
        business: { limits: { callsAtOnce: 3 * NEWCOMERS } },
        changeNginx: withoutRequestLimits,
      });
      await fleet.haveShares();
      await fleet.stop(0);
      await replace(fleet);
      await eventually("all others know", () => fleet.count("cluster_away") === 3, 20_000);
      const calls = await Promise.all(Array.from({ length: NEWCOMERS }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, 100 * index));
        return await new TalkingCaller(fleet.line).talk(() => 0);
      }));
      assert.deepEqual(calls.map(({ report }) => report.outcome), calls.map(() => "connected"));
      assert.equal(fleet.count("call_refused"), 0); // nobody had to wait in line for it
      const webhooksMs = calls.map(({ report }) => report.webhookMs!);
      assert.ok(Math.max(...webhooksMs) < 300, `webhooks took ${webhooksMs} ms`);
    },
  });
}

/** How many instances have said that they live. */
async function instancesIn(fleet: FleetProcesses): Promise<number> {
  await using client = fleet.mongo.client();
  return await client.db().collection("cluster_instances").countDocuments();
}
