import assert from "node:assert/strict";
import { DatabaseTime } from "../../src/cluster/mongo/database_time.ts";
import { TalkKeeper } from "../../src/cluster/mongo/talk_keeper.ts";
import { ManualClock } from "../support/manual_clock.ts";
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
