import assert from "node:assert/strict";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { FLEET_LIMITS, RiggedInstance } from "./fleet_rig.ts";

const MOST = FLEET_LIMITS.callsAtOnce;
const ROUNDS = 10;

mongoTest(
  "Calls that were counted beyond the numbers of a business leave no more room than there is, who ever asks at once",
  async (server) => {
    const instances = await Promise.all([0, 1, 2].map(() => RiggedInstance.join(server)));
    await using client = server.client();
    const slots = client.db().collection<{ _id: string; business: string }>("cluster_slots");
    try {
      for (let round = 0; round < ROUNDS; round++) {
        // As after an absence: what was let in meanwhile was counted while others still had their numbers.
        await slots.deleteMany({});
        await slots.insertMany(
          Array.from({ length: MOST - 1 }, (_, index) => ({
            _id: `acme#${MOST + index}`,
            business: "acme",
            call: `CA${round} before ${index}`,
            instance: "another",
            at: new Date(),
          })),
        );
        // Whoever has been noticed by all asks the database, and nobody has looked lately.
        await new Promise((resolve) => setTimeout(resolve, 300));
        const answers = await Promise.all(
          instances.map(({ fleet, business }, index) => fleet.takeSlot(`CA${round} ${index}`, business)),
        );
        const taken = answers.filter((answer) => answer === "counted").length;
        assert.equal(await slots.countDocuments({ business: "acme" }), MOST, `${taken} were let in`);
      }
    } finally {
      for (const instance of instances) await instance[Symbol.asyncDispose]();
    }
  },
);
