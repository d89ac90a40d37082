import assert from "node:assert/strict";
import { mongoTest } from "../../support/mongo/mongo_server.ts";

mongoTest("MongoServer gives each test an empty database", async (server) => {
  await using client = server.client();
  const calls = client.db().collection<{ _id: string; words: string }>("calls");
  assert.equal(await calls.countDocuments(), 0);
  await calls.updateOne({ _id: "CA1" }, { $set: { words: "hello" } }, { upsert: true });
  assert.deepEqual(await calls.findOne({ _id: "CA1" }), { _id: "CA1", words: "hello" });
});

mongoTest("MongoServer keeps its data when it is killed and started again", async (server) => {
  {
    await using client = server.client();
    await client.db().collection("calls").insertOne({ words: "before" });
    await server.kill();
  }
  await server.restart();
  await using client = server.client();
  assert.equal((await client.db().collection("calls").findOne())?.words, "before");
}, { kills: true });
