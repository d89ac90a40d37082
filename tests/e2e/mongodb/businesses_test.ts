import assert from "node:assert/strict";
import type { MongoClient } from "mongodb";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import type { EmulatedSession } from "../../../src/lab/openai/emulated_session.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { type MongoServer, mongoTest } from "../../support/mongo/mongo_server.ts";
import { ServeProcess } from "../../support/serve_process.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { eventually } from "../../support/eventually.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const NUMBER = "+15550100042";
/** Ample time on a busy machine too. */
const WAIT_MS = 60_000;

/** The server as a process of its own, with its businesses in a database, between a simulated model and simulated callers. */
class Installation implements AsyncDisposable {
  private constructor(
    readonly server: ServeProcess,
    readonly origin: string,
    readonly emulator: EmulatedRealtimeApi,
    readonly held: AsyncDisposableStack,
    readonly clock: SystemClock,
  ) {}

  static async start(mongo: MongoServer): Promise<Installation> {
    await using held = new AsyncDisposableStack();
    const temp = held.use(new TempFolder());
    const clock = new SystemClock();
    const agent = scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]);
    const emulator = held.use(new EmulatedRealtimeApi({ clock, agent }));
    const { server, port } = await ServeProcess.start({
      folder: temp.path,
      env: {
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        DATA_DIR: `${temp.path}/data`,
        DRAIN_SECONDS: "0",
        BUSINESSES: "mongodb",
        MONGODB_URI: mongo.uri,
      },
    });
    held.use(server);
    return new Installation(server, `http://127.0.0.1:${port}`, emulator, held.move(), clock);
  }

  /** Somebody who calls {@link NUMBER}. */
  caller(): SimulatedCaller {
    const { clock, origin: server } = this;
    const line = { clock, server, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN };
    return new SimulatedCaller({ line, to: NUMBER });
  }

  /** How ready it says that it is. */
  async readiness(): Promise<[status: number, why: string]> {
    const answer = await fetch(`${this.origin}/readyz`);
    return [answer.status, (await answer.json()).status];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.held[Symbol.asyncDispose]();
  }
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
    await using installation = await Installation.start(mongo);
    const { server, emulator } = installation;
    assert.deepEqual(await installation.readiness(), [200, "ready"]);
    const [early, late] = [installation.caller(), installation.caller()];
    const earlyCall = early.place();
    assert.ok(
      await early.until(() => early.player.arrivals.length > 0, WAIT_MS),
      "the first call is answered",
    );

    await write(client, "New instructions.");
    await eventually(
      "it is read",
      () => server.log.match(/"event":"businesses_loaded"/g)?.length === 2,
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
    await using installation = await Installation.start(mongo);
    assert.equal(
      (await fetch(`${installation.origin}/healthz`).then((answer) => answer.json())).status,
      "ok",
    );
    assert.deepEqual(await installation.readiness(), [503, "businesses_unread"]);
    const refused = await installation.caller().place();
    assert.equal(refused.outcome, "failed");
    assert.match(JSON.stringify(refused.problems), /503/);

    await mongo.restart();
    await eventually("it is ready", async () => (await installation.readiness())[0] === 200, WAIT_MS);
    const caller = installation.caller();
    const call = caller.place();
    assert.ok(await caller.until(() => caller.player.arrivals.length > 0, WAIT_MS), "the call is answered");
    assert.match(toldOf(await installation.emulator.session(1)).join(), /Be kind\./);
    caller.hangUp();
    assert.equal((await call).outcome, "connected");
  },
  { kills: true },
);
