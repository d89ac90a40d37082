import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { FleetStore } from "../../src/cluster/mongo/fleet_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { RiggedInstance } from "./fleet_rig.ts";

const HOUR_MS = 3_600_000;
/** Between a heartbeat and what is written right after it, on a busy machine. */
const TOLERANCE_MS = 5_000;

mongoTest(
  "A machine's clock jumps by an hour: what its instance writes until it beats again is of the database's time",
  async (server) => {
    for (const jumpMs of [HOUR_MS, -HOUR_MS]) {
      const client = new MongoClient(server.uri);
      const clock = new SystemClock();
      let aheadMs = 5_000;
      await using instance = new RiggedInstance({
        clock: {
          now: () => clock.now(),
          awake: () => clock.awake(),
          epoch: () => clock.epoch() + aheadMs,
          at: (...deadline) => clock.at(...deadline),
        },
        connect: () => FleetStore.open(client.db()),
        close: () => client.close(true),
      });
      const { fleet, business } = instance;
      await fleet.join();
      const call = `CA${crypto.randomUUID().replaceAll("-", "")}`;
      const { journal, ...away } = instance.away();
      aheadMs += jumpMs;
      assert.equal(await fleet.takeSlot(call, business), "counted");
      assert.equal(await fleet.redeem("token of " + call, { begins: call }), true);
      assert.equal(await fleet.handOver(call, { ...away, journal: journal.state() }), true);
      await fleet.link.told();
      const database = client.db();
      for (
        const [collection, filter] of [["slots", { call }], ["calls", { _id: call }], ["talks", {
          _id: call,
        }]] as const
      ) {
        const found = await database.collection<{ _id: string; at: Date }>(`cluster_${collection}`).findOne(
          filter,
        );
        const offMs = found!.at.getTime() - Date.now();
        assert.ok(Math.abs(offMs) < TOLERANCE_MS, `${collection}: ${offMs} ms off after a jump by ${jumpMs}`);
      }
    }
  },
);
