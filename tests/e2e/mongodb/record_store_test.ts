import { MongoRecordStore } from "../../../src/records/mongo_store.ts";
import { NOW, recordStoreContract } from "../../records/record_store_contract.ts";
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
