import { MongoKnowledgeStore } from "../../../src/knowledge/mongo/mongo_store.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { storeContract } from "../../knowledge/store_contract.ts";

storeContract("MongoKnowledgeStore", { ignore: NO_MONGODB !== undefined }, async () => {
  const server = await MongoServer.start();
  const client = server.client();
  return {
    open: (businessId) =>
      Promise.resolve(new MongoKnowledgeStore(client.db(), businessId, new SystemClock())),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
});
