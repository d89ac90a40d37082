import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import type { CallSession } from "../../src/call/call_session.ts";
import type { KeptCall } from "../../src/call/suspended_calls.ts";
import { DatabaseTime } from "../../src/cluster/mongo/database_time.ts";
import { FleetStore } from "../../src/cluster/mongo/fleet_store.ts";
import { TalkKeeper } from "../../src/cluster/mongo/talk_keeper.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { RiggedInstance } from "./fleet_rig.ts";
import { ModelledDatabase } from "./modelled_store.ts";

/** As many calls that ended while the database was away are remembered, for their checkpoints to be removed. */
const MOST = 10_000;

Deno.test("TalkKeeper leaves the checkpoint that waits longest to expire once 10,000 others wait to be removed", async () => {
  const clock = new ManualClock();
  const database = new ModelledDatabase(clock, () => 0);
  const store = database.store();
  const instance = new RiggedInstance({
    clock,
    connect: () => Promise.resolve(store),
    close: () => Promise.resolve(),
  });
  const keeper = new TalkKeeper({ ...instance, instance: "this one", time: new DatabaseTime(clock) });
  for (let call = 0; call <= MOST; call++) {
    const document = keeper.firstCheckpoint(`CA${call}`, instance.away());
    database.talks.set(document._id, document);
  }
  for (let call = 0; call <= MOST; call++) keeper.ended(`CA${call}`);
  await passing(clock, keeper.dropOver(store));
  assert.deepEqual([...database.talks.keys()], ["CA0"], "all but the one that ended first");
  // What was removed waits no more: there is room for as many again.
  for (const callSid of ["CA again", "CA0"]) {
    const document = keeper.firstCheckpoint(callSid, instance.away());
    database.talks.set(document._id, document);
    keeper.ended(callSid);
  }
  await passing(clock, keeper.dropOver(store));
  assert.equal(database.talks.size, 0);
});

mongoTest(
  "A checkpoint that comes late takes the place of nothing that was written after it",
  async (server) => {
    await using client = new MongoClient(server.uri);
    const store = await FleetStore.open(client.db());
    const clock = new ManualClock();
    const instance = new RiggedInstance({
      clock,
      connect: () => Promise.resolve(store),
      close: async () => {},
    });
    const kept = (): KeptCall => {
      const call = instance.away();
      return { ...call, journal: call.journal.state() };
    };
    const all = ["CA that leaves", "CA that stays", "CA that was away", "CA that begins"].map((callSid) =>
      ({ info: { callSid }, isOnItsWay: false, kept }) as unknown as CallSession
    );
    const time = new DatabaseTime(clock);
    const keeper = new TalkKeeper({ ...instance, calls: { all }, instance: "this one", time });
    const write = async (callSid: string, why: "checkpoint" | "suspended" | "moved") => {
      const document = keeper.document(callSid, kept(), why);
      await store.putTalk(document);
      return document.version;
    };
    await write("CA that stays", "checkpoint");
    await write("CA that was away", "suspended"); // and came back while the database was away
    clock.advance(20_000);
    const arrival = Promise.withResolvers<void>();
    const late = {
      putCheckpoints: async (...documents: Parameters<FleetStore["putCheckpoints"]>) => {
        await arrival.promise;
        await store.putCheckpoints(...documents);
      },
    } as FleetStore;
    const writing = keeper.checkpoint(late);
    const moved = await write("CA that leaves", "moved");
    arrival.resolve();
    await writing;
    assert.equal((await store.talkOf("CA that leaves"))?.version, moved);
    for (const { info: { callSid } } of all.slice(1)) {
      const { why, at } = (await store.talkOf(callSid))!;
      assert.deepEqual([why, at], ["checkpoint", time.now()], callSid);
    }
    await passing(clock, instance[Symbol.asyncDispose]());
  },
);

/** Lets the clock go on until the work is done. */
async function passing(clock: ManualClock, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.finally(() => isDone = true);
  while (!isDone) {
    clock.advance(1);
    await Promise.resolve();
  }
  await work;
}
