import assert from "node:assert/strict";
import { type MongoConnection, mongoConnection } from "../../../src/services/mongo_connection.ts";
import { ServiceRegistry } from "../../../src/services/service_registry.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { mongoTest } from "../../support/mongo/mongo_server.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { eventually } from "../../support/eventually.ts";

const ROUNDS = 100;

const ping = ({ database }: MongoConnection) => database.command({ ping: 1 });

mongoTest("MongoDB is connected once for all who use it, and shows its connections", async ({ uri }) => {
  await using registry = new ServiceRegistry(new ManualClock(), new RecordingLog());
  const kind = mongoConnection(uri);
  const leases = await Promise.all(Array.from({ length: 20 }, () => registry.acquire(kind)));
  assert.equal(new Set(leases.map(({ service }) => service.client)).size, 1);
  await Promise.all(leases.map(({ service }) => ping(service)));
  const [report] = registry.report();
  assert.equal(report.users, 20);
  assert.ok(
    report.measures.connections >= 1 && report.measures.connections <= 16,
    `${report.measures.connections}`,
  );
  assert.equal(leases[0].service.database.databaseName, new URL(uri).pathname.slice(1));
  for (const lease of leases) lease[Symbol.dispose]();
});

mongoTest("A hundred rounds of use and idleness leave no connection", async ({ uri }) => {
  const clock = new ManualClock();
  await using registry = new ServiceRegistry(clock, new RecordingLog());
  const kind = mongoConnection(uri, 1_000);
  for (let round = 1; round <= ROUNDS; round++) {
    let connection: MongoConnection;
    {
      using lease = await registry.acquire(kind);
      connection = lease.service;
      await Promise.all([ping(connection), ping(connection), ping(connection)]);
      assert.ok(connection.openConnections >= 1);
    }
    clock.advance(1_000);
    await eventually("nothing is held", () => registry.report().length === 0);
    assert.equal(connection.openConnections, 0, `round ${round}`);
  }
});

mongoTest(
  "MongoDB that is closed in the middle of its use fails that use, and nothing else",
  async ({ uri }) => {
    const registry = new ServiceRegistry(new ManualClock(), new RecordingLog());
    using lease = await registry.acquire(mongoConnection(uri));
    const uses = Array.from({ length: 10 }, () => ping(lease.service).then(() => "good", () => "failed"));
    await registry[Symbol.asyncDispose]();
    for (const outcome of await Promise.all(uses)) assert.match(outcome, /^(?:good|failed)$/);
    assert.equal(lease.service.openConnections, 0);
    await assert.rejects(registry.acquire(mongoConnection(uri)), { code: "services_closed" });
  },
);

Deno.test("MongoDB that cannot be reached is an error within seconds, and is tried again", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // accepts, and never answers
  const log = new RecordingLog();
  await using registry = new ServiceRegistry(new ManualClock(), log);
  const kind = mongoConnection(
    `mongodb://127.0.0.1:${taken.addr.port}/`,
  );
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(registry.acquire(kind), { name: "MongoServerSelectionError" });
  }
  assert.deepEqual(log.names, ["service_open_failed", "service_open_failed"]);
  assert.deepEqual(registry.report(), []);
});
