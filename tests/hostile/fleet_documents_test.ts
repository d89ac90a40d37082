import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { businessDay } from "../../src/admission/day_limits.ts";
import { RiggedInstance } from "../cluster/fleet_rig.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";

const CALL = (digit: string) => `CA${digit.repeat(32)}`;
/** Unlike anything that the driver's types let an instance write. */
type Anything = { _id: string } & Record<string, unknown>;

const FAR_OFF = new Date(Date.now() + 10 * 365 * 86_400_000);
const INSTANCES: Anything[] = [
  { _id: "nothing" },
  { _id: "text", at: "2026-11-30", held: [] },
  { _id: "no slots", at: new Date(), startedAt: new Date(), version: "1", address: null, calls: 0, free: 9 },
  {
    _id: "for ever",
    at: FAR_OFF,
    startedAt: new Date(),
    version: "1",
    address: null,
    calls: 0,
    free: 1e9,
    refusal: null,
    held: [],
  },
];

const TALKS: unknown[] = ["{ not json", "null", "[]", '{"rescues":0}', '{"rescues":0,"journal":{}}', 7];

mongoTest(
  "Documents in a fleet's collections that no instance has written fail no webhook, and lift no limit",
  async (server) => {
    const client = new MongoClient(server.uri);
    try {
      const put = async (collection: string, documents: Anything[]) =>
        void await client.db().collection<Anything>(collection).insertMany(documents);
      await put("cluster_instances", INSTANCES);
      await put(
        "cluster_talks",
        TALKS.map((talk, index) => ({
          _id: CALL(`${index}`),
          version: "1",
          instance: "for ever",
          why: index % 2 === 0 ? "moved" : "suspended",
          business: "acme",
          talk,
          at: new Date(),
        })),
      );
      await put("cluster_calls", [{ _id: CALL("0"), instance: "for ever", ending: "nonsense", at: "now" }]);
      await put("cluster_slots", [{ _id: "acme#0", business: "acme" }, {
        _id: "acme#1",
        business: "acme",
        call: 7,
      }]);
      await using instance = await RiggedInstance.join(server);
      const { fleet, business, dayLimits, clock, log } = instance;
      const date = businessDay(business, clock.epoch());
      const day = (name: string, minutes: unknown) => ({
        _id: `acme|${date}|${name}`,
        business: "acme",
        date,
        minutes,
        costUsd: 0,
        placedCalls: 0,
        placedCostUsd: 0,
        at: new Date(),
      });
      await put("cluster_days", [day("a", -1e9), day("b", "many"), day("d", 59)]);

      assert.deepEqual(log.names.filter((name) => name === "cluster_away"), []);
      assert.deepEqual([fleet.members.alive, fleet.takesStreams], [1, false]);
      assert.equal(await fleet.takeSlot(CALL("a"), business), "counted");
      for (const index of TALKS.keys()) {
        const call = CALL(`${index}`);
        assert.equal(await fleet.recall(call), "unknown", `${TALKS[index]}`);
        const sequel = await fleet.afterStream(call);
        assert.ok(sequel === undefined || sequel === "again", `${TALKS[index]}: ${sequel}`);
        assert.equal(await fleet.stateOf(call), undefined);
        assert.equal(await fleet.arrive(call, true), "unknown");
      }
      await fleet.knowSpending(business);
      assert.equal(dayLimits.isSpent(business), false, "a minute is left");
      dayLimits.add(business, { minutes: 1, costUsd: 0 });
      assert.equal(dayLimits.isSpent(business), true, "none is left");
    } finally {
      await client.close();
    }
  },
);
