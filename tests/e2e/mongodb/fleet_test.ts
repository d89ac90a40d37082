import assert from "node:assert/strict";
import { callFaults } from "../../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses } from "../../support/fleet_processes.ts";
import { AccountedAgent, pausesIn, quantile } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { ToolEndpoint } from "../../support/tool_endpoint.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
/** Words between two streams are no end of an answer. */
const MANNERS = { quietMs: 1_500 };
const CALLS = 9;

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

/** The record of a call, once it says how the call ended. */
async function recordOf(fleet: FleetProcesses, callSid: string): Promise<KeptRecord> {
  let record: KeptRecord | undefined;
  await eventually("the record is whole", async () => {
    const answer = await fleet.get(2, `/records?call=${callSid}`);
    record = answer.ok ? await answer.json() : void await answer.body?.cancel();
    return record !== undefined && record.reason === "caller_hung_up";
  }, 20_000);
  return record!;
}

fleetTest(
  "Three instances are replaced one after another while callers talk: no call ends, each is one record with all words, each tool runs once",
  async () => {
    const agent = new AccountedAgent();
    await using tool = new ToolEndpoint(() => ({ found: true }), 300);
    const { name, description, parameters, url } = tool.tool("look_up");
    await using fleet = await FleetProcesses.start({
      agent: agent.factory,
      business: {
        name: "Acme",
        numbers: ["+15550100000"],
        instructions: "Be brief.",
        limits: { callsAtOnce: CALLS },
        tools: { http: [{ name, description, parameters, url }] },
      },
      env: { PRIVATE_HOSTS: new URL(url).host },
    });
    let untilMs = Infinity;
    const talks: Promise<TalkedCall>[] = [];
    for (let call = 0; call < CALLS; call++) {
      talks.push(new TalkingCaller(fleet.line, undefined, MANNERS).talk(() => untilMs));
      await new Promise((resolve) => setTimeout(resolve, 300)); // each finds a slot in time, on a busy machine too
    }
    await eventually("all talk", () => fleet.count("agent_ready") === CALLS, 20_000);
    for (const index of [0, 1, 2]) {
      assert.equal(await fleet.replace(index), 0);
      // All slots of the business are taken, wherever they are.
      const { report } = await new TalkingCaller(fleet.line).talk(() => 0);
      assert.equal(report.outcome, "refused");
    }
    untilMs = 0;
    const calls = await Promise.all(talks);
    calls.forEach(assertWhole);
    assert.ok(fleet.count("call_moved") >= CALLS, `${fleet.count("call_moved")} calls were moved`);
    assert.equal(fleet.count("call_not_moved"), 0);

    const pauses = pausesIn(fleet.log);
    assert.ok(quantile(pauses, 0.5) <= 1_200 && quantile(pauses, 0.95) <= 2_500, `pauses of ${pauses} ms`);

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
  "An instance is killed: others take its calls up from their last checkpoints",
  async () => {
    const agent = new AccountedAgent();
    await using fleet = await FleetProcesses.start({
      agent: agent.factory,
      business: {
        name: "Acme",
        numbers: ["+15550100000"],
        instructions: "Be brief.",
        limits: { callsAtOnce: 2 * CALLS },
      },
    });
    let untilMs = Infinity;
    const talks: Promise<TalkedCall>[] = [];
    for (let call = 0; call < CALLS; call++) {
      talks.push(new TalkingCaller(fleet.line, undefined, MANNERS).talk(() => untilMs));
      await new Promise((resolve) => setTimeout(resolve, 300)); // each finds a slot in time, on a busy machine too
    }
    await eventually("all talk", () => fleet.count("agent_ready") === CALLS, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 5_000)); // in which each has a checkpoint
    const lost = fleet.servers[0].log.split('"event":"agent_ready"').length - 1;
    assert.ok(lost > 0);
    await fleet.servers[0].kill();
    await eventually("they are taken up", () => fleet.count("call_rescued") === lost, 15_000);
    untilMs = fleet.clock.now() + 5_000; // they go on talking
    const calls = await Promise.all(talks);
    for (const { report } of calls) assert.equal(report.endedBy, "caller");
    assert.deepEqual(calls.flatMap(({ report }) => report.said), []);
    for (const { report } of calls) {
      const record = await recordOf(fleet, report.callSid);
      assert.equal(record.isPartial, false);
      assert.ok(record.transcript.some(({ kind }) => kind === "user"));
    }
  },
);
