import assert from "node:assert/strict";
import { LiveBusinesses, LONGEST_UNREAD_MS, QUIET_MS } from "../../../src/businesses/live_businesses.ts";
import { POLL_MS, REOPEN } from "../../../src/businesses/mongo/change_follower.ts";
import { CollectionSource } from "../../../src/businesses/mongo/collection_source.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { FakeDatabase, serverError } from "./fake_database.ts";
import { eventually } from "../../support/eventually.ts";

const A = "+15550100001";
const HOUR_MS = 3_600_000;

/** A business `a` in a database whose change streams are made up, and who follows it. */
async function follow(openError?: Error) {
  const database = new FakeDatabase();
  database.openError = openError;
  database.write("a", { numbers: [A], name: "One" });
  const clock = new ManualClock();
  const log = new RecordingLog();
  const { acquire } = database;
  const secrets = () => undefined;
  const source = new CollectionSource({ collection: "businesses", secrets, acquire, clock, log });
  const live = await LiveBusinesses.open({ source, clock, log });
  /** What has been asked for is read. */
  const settled = async () => {
    clock.advance(QUIET_MS);
    await live.reload();
  };
  const name = () => live.directory.forNumber(A).name;
  const said = (event: string) => log.names.filter((name) => name === event).length;
  return { database, clock, live, name, said, settled };
}

/** As {@link follow}, with the stream open and all read. */
async function followByStream() {
  const rig = await follow();
  await eventually(
    "the stream is open",
    () => rig.said("businesses_followed") === 1 && rig.clock.pending === 1,
  );
  await rig.settled();
  return rig;
}

Deno.test("A made-up change stream is followed: a change is read at once, and nothing while there is none", async () => {
  const { database, clock, live, name, settled } = await followByStream();
  using _ = live;
  const { reads } = database;
  clock.advance(HOUR_MS);
  await eventually("no deadline is awaited", () => clock.pending === 0);
  assert.equal(database.reads, reads);
  database.write("a", { numbers: [A], name: "Two" });
  database.stream.change();
  await eventually("the change is heard of", () => clock.pending === 1);
  await settled();
  assert.equal(name(), "Two");
});

Deno.test("A made-up change stream that never rests is read all the same", async () => {
  const { database, clock, live, name } = await followByStream();
  using _ = live;
  database.write("a", { numbers: [A], name: "Two" });
  for (let ms = 0; ms < LONGEST_UNREAD_MS; ms += QUIET_MS / 2) {
    assert.equal(name(), "One");
    database.stream.change();
    await eventually("the change is heard of", () => clock.pending === 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    clock.advance(QUIET_MS / 2);
  }
  await eventually("it is read", () => name() === "Two");
});

Deno.test("A made-up change stream that breaks is opened again, and what was missed is read", async () => {
  const { database, clock, live, name, said, settled } = await followByStream();
  using _ = live;
  for (let round = 1; round <= 3; round++) {
    const { stream } = database;
    stream.break(serverError(286)); // ChangeStreamHistoryLost
    await eventually("it is tried again later", () => clock.pending === 1);
    assert.equal(stream.isClosed, true);
    assert.equal(database.leases, 0, "its connection is given back");
    database.write("a", { numbers: [A], name: `After ${round}` });
    clock.advance(REOPEN.firstMs * 2 ** round);
    await eventually(
      "it is open",
      () => database.stream !== stream && database.stream.isOpen && clock.pending === 1,
    );
    await settled();
    assert.equal(name(), `After ${round}`);
    assert.equal(database.leases, 1);
  }
  assert.equal(said("businesses_not_followed"), 1, "said once");
});

for (const code of [40573, 40324, 59, 115, 238]) {
  Deno.test(`A collection whose made-up server has no change streams (${code}) is looked at now and then`, async () => {
    const { database, clock, live, name, said, settled } = await follow(serverError(code));
    using _ = live;
    await eventually("it is polled", () => said("businesses_followed") === 1 && clock.pending === 2);
    await settled();
    for (const next of ["Two", "Three"]) {
      database.write("a", { numbers: [A], name: next });
      clock.advance(POLL_MS);
      await eventually("it is time to read", () => clock.pending === 2);
      await settled();
      assert.equal(name(), next);
    }
    assert.equal(database.streams.length, 1, "a stream is not tried again");
    assert.equal(database.leases, 0);
    assert.equal(said("businesses_not_followed"), 0);
  });
}

Deno.test("A made-up change stream that nobody may open is tried again and again, and the documents are read each time", async () => {
  const { database, clock, live, name, said, settled } = await follow(serverError(13)); // Unauthorized
  using _ = live;
  for (let round = 1; round <= 5; round++) {
    await eventually("it is tried", () => database.streams.length === round && clock.pending === 2);
    database.write("a", { numbers: [A], name: `At ${round}` });
    await settled();
    assert.equal(name(), `At ${round}`);
    clock.advance(REOPEN.maxMs);
  }
  assert.equal(said("businesses_not_followed"), 1, "said once");
  assert.equal(database.leases, 0);
});

Deno.test("LiveBusinesses that are disposed of close their made-up change stream, and leave nothing behind", async () => {
  const { database, clock, live, said } = await followByStream();
  live[Symbol.dispose]();
  assert.equal(database.stream.isClosed, true);
  await eventually("nothing is left", () => database.leases === 0 && clock.pending === 0);
  clock.advance(HOUR_MS);
  assert.equal(database.streams.length, 1);
  assert.equal(said("businesses_not_followed"), 0);
});
