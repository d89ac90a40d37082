import assert from "node:assert/strict";
import type { MongoClient } from "mongodb";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import type { EmulatedSession } from "../../../src/lab/openai/emulated_session.ts";
import { type MongoServer, mongoTest } from "../../support/mongo/mongo_server.ts";
import { ServerRig } from "../../support/server_rig.ts";
import { eventually } from "../../support/eventually.ts";

const NUMBER = "+15550100042";
/** Ample time on a busy machine too. */
const WAIT_MS = 60_000;

/** A server with its businesses in a database. */
function serving(mongo: MongoServer): Promise<ServerRig> {
  return ServerRig.start({
    agent: scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]),
    env: { BUSINESSES: "mongodb", MONGODB_URI: mongo.uri },
  });
}

/** How ready a server says that it is. */
async function readiness({ url }: ServerRig): Promise<[status: number, why: string]> {
  const answer = await fetch(`${url}/readyz`);
  return [answer.status, (await answer.json()).status];
}

/** Writes the one business that there is. */
async function write(client: MongoClient, instructions: string): Promise<void> {
  const business = { name: "Acme", numbers: [NUMBER], instructions };
  await client.db().collection<{ _id: string }>("businesses").replaceOne({ _id: "acme" }, business, {
    upsert: true,
  });
}

/** What a session was told to be, each time that it was told. */
function toldOf({ record }: EmulatedSession): string[] {
  return record.eventsOf("session.update").map((event) => JSON.stringify(event));
}

mongoTest(
  "A document that is changed holds for the next call, and a call in progress keeps what it began with",
  async (mongo) => {
    await using client = mongo.client();
    await write(client, "The old instructions.");
    await using rig = await serving(mongo);
    const { emulator } = rig;
    assert.deepEqual(await readiness(rig), [200, "ready"]);
    const [early, late] = [rig.caller({ to: NUMBER }), rig.caller({ to: NUMBER })];
    const earlyCall = early.place();
    assert.ok(
      await early.until(() => early.player.arrivals.length > 0, WAIT_MS),
      "the first call is answered",
    );

    await write(client, "New instructions.");
    await eventually(
      "it is read",
      () => rig.logged("businesses_loaded").length === 2,
      WAIT_MS,
    );
    const lateCall = late.place();
    assert.ok(
      await late.until(() => late.player.arrivals.length > 0, WAIT_MS),
      "the second call is answered",
    );
    const [old, ...more] = toldOf(await emulator.session(1));
    assert.match(old, /The old instructions\./);
    assert.doesNotMatch(more.join(), /New instructions/);
    assert.match(toldOf(await emulator.session(2)).join(), /New instructions\./);
    assert.ok(early.isConnected, "the first call goes on");
    early.hangUp();
    late.hangUp();
    for (const { outcome, problems } of await Promise.all([earlyCall, lateCall])) {
      assert.deepEqual([outcome, problems], ["connected", []]);
    }
  },
);

mongoTest(
  "A server that starts while the database is away answers for nobody, and takes calls when it is there",
  async (mongo) => {
    {
      await using client = mongo.client();
      await write(client, "Be kind.");
    }
    await mongo.kill();
    await using rig = await serving(mongo);
    assert.equal(
      (await fetch(`${rig.url}/healthz`).then((answer) => answer.json())).status,
      "ok",
    );
    assert.deepEqual(await readiness(rig), [503, "businesses_unread"]);
    const refused = await rig.caller({ to: NUMBER }).place();
    assert.equal(refused.outcome, "failed");
    assert.match(JSON.stringify(refused.problems), /503/);

    await mongo.restart();
    await eventually("it is ready", async () => (await readiness(rig))[0] === 200, WAIT_MS);
    const caller = rig.caller({ to: NUMBER });
    const call = caller.place();
    assert.ok(await caller.until(() => caller.player.arrivals.length > 0, WAIT_MS), "the call is answered");
    assert.match(toldOf(await rig.emulator.session(1)).join(), /Be kind\./);
    caller.hangUp();
    assert.equal((await call).outcome, "connected");
  },
  { kills: true },
);
