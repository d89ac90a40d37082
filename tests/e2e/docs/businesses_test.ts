import assert from "node:assert/strict";
import { MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";

testBlocks("docs/businesses.md", {
  [`mongosh "$MONGODB_URI" --eval 'db.businesses.replaceOne({ _id: "dentist" }, {`]: {
    skip: NO_MONGODB,
    async run(place) {
      await using accounts = new EmulatedAccounts();
      await using mongo = await MongoServer.start();
      const env = { ...accounts.env, MONGODB_URI: mongo.uri, BUSINESSES: "mongodb" };
      const mongosh = place.start({ env, placeholders: { "…": "a dentist." } });
      await mongosh.says(/acknowledged: true/);
      await mongosh.endsWell();
      const server = place.type("npx -y deno task serve", { env });
      await server.says(/"event":"listening"/);
      const { instructions } = await accounts.talk(place.port, "+15550100100");
      assert.match(instructions, /You answer for a dentist\./);
      await server.stop();
      await server.endsWell();
    },
  },
});
