import assert from "node:assert/strict";
import { MongoRecordStore } from "../../../src/records/mongo_store.ts";
import { NOW, recordStoreContract } from "../../records/record_store_contract.ts";
import { recordWith } from "../../records/records.ts";
import { assertDayOfCalls } from "../../support/day_of_calls.ts";
import { IS_EXTERNAL, mongoTest } from "../../support/mongo/mongo_server.ts";

recordStoreContract((name, run, { needsAtomicUpdates = false } = {}) => {
  if (needsAtomicUpdates && !IS_EXTERNAL) return;
  mongoTest(`MongoRecordStore ${name}`, async (server) => {
    await using client = server.client();
    const open = () => MongoRecordStore.open(client.db(), () => NOW);
    await run(await open(), await open());
  });
});

mongoTest("Each call of a day has exactly one record in MongoDB, whatever became of it", async (server) => {
  await using client = server.client();
  await assertDayOfCalls(await MongoRecordStore.open(client.db(), () => Date.now()), 3);
});

mongoTest("A record that is put once costs MongoDB one operation", async (server) => {
  await using client = server.client({ monitorCommands: true });
  const store = await MongoRecordStore.open(client.db(), () => NOW);
  const commands: string[] = [];
  client.on("commandStarted", ({ commandName }) => commands.push(commandName));
  await store.put(recordWith({ callSid: "CA1", durationMs: 1_000 }));
  assert.deepEqual(commands, ["insert"]);
  await store.put(recordWith({ callSid: "CA1", durationMs: 2_000 }));
  assert.deepEqual(commands.slice(1), ["insert", "find", "update"]);
});
