import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { freePort } from "../../support/free_port.ts";
import { testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";

testBlocks("docs/scaling.md", {
  // On one machine, two instances differ by their ports.
  "CLUSTER=mongodb": {
    skip: NO_MONGODB,
    async run(place) {
      await using accounts = new EmulatedAccounts();
      await using mongo = await MongoServer.start();
      const ports = [place.port, freePort()];
      const instances = ports.map((port) =>
        place.start({
          env: { ...accounts.env, PORT: `${port}`, DATA_DIR: `./data/${port}` },
          placeholders: { "mongodb+srv://…": mongo.uri },
          before: "set -a\n",
          behind: "npx -y deno task serve\n",
        })
      );
      for (const instance of instances) await instance.says(/"event":"listening"/);
      await using client = mongo.client();
      const known = client.db().collection("cluster_instances");
      await eventually("each knows the other", async () => await known.countDocuments() === 2);
      for (const port of ports) await accounts.talk(port, "+15550100000");
      for (const instance of instances) {
        await instance.stop();
        await instance.endsWell();
      }
      assert.equal(await known.countDocuments(), 0, "they say that they go");
    },
  },
});
