import assert from "node:assert/strict";
import { callFaults } from "../../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { spokenTones } from "../../../src/lab/openai/audio/tone.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses } from "../../support/fleet_processes.ts";
import { AccountedAgent, pausesIn, quantile } from "../../support/fleet_talk.ts";
import { type MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { StallWatch } from "../../support/stall_watch.ts";
import { ToolEndpoint } from "../../support/tool_endpoint.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
/** Words between two streams are no end of an answer. */
const MANNERS = { quietMs: 1_500 };
const CALLS = 9;
const MOVED = 6;
/** Of an instance that is killed. */
const LOST = 20;

function fleetTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

/**
 * The runtime may lose the code of a close while it reads another message. Twilio notes that, and asks what
 * comes next all the same.
 */
const NO_CLOSE_FRAME = "31903 ";

/** The call went on to its own end. */
function assertWhole({ report, unanswered }: TalkedCall): void {
  assert.deepEqual(callFaults(report).filter((fault) => !fault.startsWith(NO_CLOSE_FRAME)), []);
  assert.deepEqual(report.said, []);
  assert.equal(report.endedBy, "caller");
  assert.equal(unanswered, 0);
}

interface KeptRecord {
  streams: number;
  reason: string;
  isPartial: boolean;
  transcript: { kind: string; text?: string }[];
}

/** How many documents a collection of the fleet has. */
async function countIn(fleet: FleetProcesses, collection: string): Promise<number> {
  await using client = fleet.mongo.client();
  return await client.db().collection(collection).countDocuments();
}

/** The record of a call, once it says how the call ended. */
async function recordOf(fleet: FleetProcesses, callSid: string): Promise<KeptRecord> {
  let record: KeptRecord | undefined;
  await eventually("the record is whole", async () => {
    const answer = await fleet.get(-1, `/records?call=${callSid}`);
    record = answer.ok ? await answer.json() : void await answer.body?.cancel();
    return record !== undefined && record.reason === "caller_hung_up";
  }, 20_000);
  return record!;
}

/** Callers who talk until they are told to end. */
class Talks {
  readonly #fleet: FleetProcesses;
  readonly #talks: Promise<TalkedCall>[] = [];
  #untilMs = Infinity;

  constructor(fleet: FleetProcesses) {
    this.#fleet = fleet;
  }

  /** So many more callers. Resolves when the agent talks with each; no call may have moved by then. */
  async begin(calls: number): Promise<void> {
    for (let call = 0; call < calls; call++) {
      this.#talks.push(new TalkingCaller(this.#fleet.line, undefined, MANNERS).talk(() => this.#untilMs));
      await new Promise((resolve) => setTimeout(resolve, 300)); // each finds a slot in time, on a busy machine too
    }
    await eventually("all talk", () => this.#fleet.count("agent_ready") === this.#talks.length);
  }

  /** They go on for so long, and end. */
  end(afterMs: number): Promise<TalkedCall[]> {
    this.#untilMs = this.#fleet.clock.now() + afterMs;
    return Promise.all(this.#talks);
  }
}

fleetTest(
  "Three instances are replaced one after another while callers talk: no call ends, each is one record with all words, each tool runs once",
  async () => {
    const agent = new AccountedAgent();
    await using tool = new ToolEndpoint(() => ({ found: true }), 300);
    await using fleet = await FleetProcesses.start({
      agent: agent.factory,
      business: {
        limits: { callsAtOnce: CALLS },
        tools: { http: [tool.fields("look_up")] },
      },
      env: { PRIVATE_HOSTS: tool.host },
    });
    using stalls = new StallWatch(fleet.clock);
    const talks = new Talks(fleet);
    await talks.begin(CALLS);
    const begunMs = fleet.clock.now();
    for (const index of [0, 1, 2]) {
      if (index === 2) {
        const drained = await fleet.post(index, "/drain");
        assert.equal(drained.status, 202);
        assert.equal((await drained.json()).status, "draining");
        assert.equal((await fleet.get(index, "/readyz").then((answer) => answer.json())).status, "draining");
        await eventually("its calls are elsewhere", async () => {
          const { activeCalls } = await fleet.get(index, "/memory").then((answer) => answer.json());
          return activeCalls === 0;
        }, 60_000);
      }
      assert.equal(await fleet.replace(index), 0);
      // All slots of the business are taken, wherever they are.
      const { report } = await new TalkingCaller(fleet.line).talk(() => 0);
      assert.equal(report.outcome, "refused");
    }
    const calls = await talks.end(0);
    calls.forEach(assertWhole);
    assert.ok(fleet.count("call_moved") >= CALLS, `${fleet.count("call_moved")} calls were moved`);
    assert.equal(fleet.count("call_not_moved"), 0);

    const slowness = stalls.slownessBetween(begunMs, fleet.clock.now());
    const pauses = pausesIn(fleet.log).map((ms) => ms / slowness);
    const shown = `pauses of ${pauses} ms, made ${slowness} times as long by the machine`;
    assert.ok(quantile(pauses, 0.5) <= 1_200 && quantile(pauses, 0.95) <= 2_500, shown);

    const ran = tool.requests.map(({ body }) => JSON.parse(body).arguments?.id ?? JSON.parse(body).id);
    assert.deepEqual(ran.sort(), agent.called.toSorted());

    const records = await Promise.all(calls.map(({ report }) => recordOf(fleet, report.callSid)));
    for (const [index, { report }] of calls.entries()) {
      assert.equal(records[index].streams, report.streams.length);
    }
    const kept = records.flatMap(({ transcript }) => transcript)
      .filter(({ kind }) => kind === "user").map(({ text }) => text);
    assert.deepEqual(kept.sort(), agent.heard.toSorted());
  },
);

fleetTest(
  "An instance with 20 calls is killed: others take its calls up from their last checkpoints, and its slots are free",
  async () => {
    const agent = new AccountedAgent();
    await using fleet = await FleetProcesses.start({
      agent: agent.factory,
      business: { limits: { callsAtOnce: LOST } },
    });
    // All of them are at one, since there is no other.
    for (const index of [1, 2]) assert.equal(await fleet.stop(index), 0);
    const talks = new Talks(fleet);
    await talks.begin(LOST);
    for (const index of [1, 2]) await fleet.startAgain(index);
    await eventually(
      "each has a checkpoint",
      async () => await countIn(fleet, "cluster_talks") === LOST,
      15_000,
    );
    await using client = fleet.mongo.client();
    const slots = client.db().collection("cluster_slots");
    const dead = (await slots.findOne())!.instance;
    assert.equal(await slots.countDocuments({ instance: dead }), LOST);
    await fleet.servers[0].kill();
    const freeWithinMs = 15_000;
    await Promise.all([
      eventually("they are taken up", () => fleet.count("call_rescued") === LOST, 15_000),
      eventually(
        "no slot is the dead one's",
        async () => await slots.countDocuments({ instance: dead }) === 0,
        freeWithinMs,
      ),
    ]);
    const calls = await talks.end(12_000);
    for (const { report } of calls) assert.equal(report.endedBy, "caller");
    assert.deepEqual(calls.flatMap(({ report }) => report.said), []);
    for (const { report } of calls) {
      const record = await recordOf(fleet, report.callSid);
      assert.equal(record.isPartial, false);
      assert.ok(record.transcript.some(({ kind }) => kind === "user"));
    }
    await eventually("no slot is left over", async () => await slots.countDocuments() === 0);
  },
);

fleetTest(
  "An instance that has just taken calls over is killed: they go on in the next",
  async () => {
    const agent = new AccountedAgent();
    await using fleet = await FleetProcesses.start({ agent: agent.factory });
    for (const index of [1, 2]) assert.equal(await fleet.stop(index), 0);
    const talks = new Talks(fleet);
    await talks.begin(MOVED);
    for (const index of [1, 2]) await fleet.startAgain(index);
    await (await fleet.post(0, "/drain")).body?.cancel();
    const readyAt = (index: number) => fleet.servers[index].log.split('"event":"agent_ready"').length - 1;
    await eventually("all have moved", () => readyAt(1) + readyAt(2) === MOVED, 60_000);
    const [lost, kept] = [readyAt(1), readyAt(2)];
    await fleet.servers[1].kill();
    await eventually("its calls go on in the other", () => readyAt(2) === kept + lost);
    for (const { report } of await talks.end(0)) {
      assert.equal(report.endedBy, "caller");
      assert.deepEqual(report.said, []);
    }
  },
);

fleetTest(
  "What the agent is saying goes on in another instance where it was: between two words, and nothing is lost or said twice",
  async () => {
    const clip = spokenTones("The quick brown fox jumps over the lazy dog. ".repeat(3), 120);
    await using fleet = await FleetProcesses.start({
      instances: 2,
      agent: scriptedAgent([{ on: "greeting", say: { clip, transcript: "A long answer." } }]),
    });
    const callers = Array.from({ length: 3 }, () => new SimulatedCaller({ line: fleet.line }));
    const over = callers.map((caller) => caller.place());
    await eventually(
      "all are greeted",
      () => callers.every(({ player }) => player.receivedBytes > 0),
      20_000,
    );
    for (const index of [0, 1]) assert.equal(await fleet.replace(index), 0);
    assert.ok(fleet.count("call_moved") >= 3);
    assert.match(fleet.log, /"event":"call_moved".*"rest":"gap"/);
    const isHeard = () => callers.every(({ player }) => player.endMs + 1_000 < fleet.clock.now());
    await eventually("all was heard", isHeard, 40_000);
    for (const caller of callers) caller.hangUp();
    for (const report of await Promise.all(over)) {
      assert.ok(report.streams.length > 1);
      assert.ok(
        Math.abs(report.heardMs - clip.durationMs) < 500,
        `${report.heardMs} ms of ${clip.durationMs} were heard`,
      );
      const { transcript } = await recordOf(fleet, report.callSid);
      assert.deepEqual(transcript.filter(({ kind }) => kind === "assistant").map(({ text }) => text), [
        "A long answer.",
      ]);
    }
  },
);

for (
  const [says, goes, comes] of [
    ["is killed", (mongo: MongoServer) => mongo.kill(), (mongo: MongoServer) => mongo.restart()],
    ["says nothing any more", (mongo: MongoServer) => mongo.pause(), (mongo: MongoServer) => mongo.resume()],
  ] as const
) {
  fleetTest(
    `MongoDB ${says} while callers talk: no call is lost, nothing waits for it, and all is right once it is back`,
    async () => {
      const agent = new AccountedAgent();
      await using fleet = await FleetProcesses.start({
        agent: agent.factory,
        business: { limits: { callsAtOnce: 2 * CALLS } },
      });
      using stalls = new StallWatch(fleet.clock);
      const talks = new Talks(fleet);
      await talks.begin(4);
      await fleet.haveShares();
      await goes(fleet.mongo);
      await eventually("that is noticed", () => fleet.count("cluster_away") === 3);
      const ready = await fleet.get(0, "/readyz");
      assert.deepEqual(await ready.json(), { status: "ready", cluster: "away" });
      assert.match(await (await fleet.get(0, "/metrics")).text(), /^slimline_cluster_away 1$/m);
      const placedMs = fleet.clock.now();
      await talks.begin(3); // new ones are taken
      const slowness = stalls.slownessBetween(placedMs, fleet.clock.now());
      await comes(fleet.mongo);
      await eventually("it is back", () => fleet.count("cluster_back") === 3);
      // Now one can be replaced again.
      assert.equal(await fleet.replace(1), 0);
      const calls = await talks.end(0);
      calls.forEach(assertWhole);
      const webhooksMs = calls.slice(4).map(({ report }) => report.webhookMs! / slowness);
      const shown = `webhooks took ${webhooksMs} ms, made ${slowness} times as long by the machine`;
      assert.ok(Math.max(...webhooksMs) < 300, shown);
      for (const { report } of calls) await recordOf(fleet, report.callSid);
      await eventually(
        "no slot is left over",
        async () => await countIn(fleet, "cluster_slots") === 0,
        15_000,
      );
    },
  );
}
