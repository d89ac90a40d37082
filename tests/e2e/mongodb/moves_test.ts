import assert from "node:assert/strict";
import { callFaults } from "../../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import type { AgentOutput } from "../../../src/lab/openai/agent.ts";
import { tone } from "../../../src/lab/openai/audio/tone.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { EmulatedTwilioApi } from "../../../src/lab/twilio/emulated_twilio_api.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { SimulatedOutboundCall } from "../../../src/lab/twilio/simulated_outbound_call.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { ACCOUNT_SID, AUTH_TOKEN, FleetProcesses } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { ToolEndpoint } from "../../support/tool_endpoint.ts";

/*
 * Calls that change instances: all of one, the newest of one that does not keep up, and calls in the middle of something.
 */

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");

function moveTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

/** So many callers talk until they are told to stop. */
class Talks {
  readonly #all: Promise<TalkedCall>[] = [];
  #untilMs = Infinity;

  async begin(fleet: FleetProcesses, calls: number): Promise<void> {
    for (let call = 0; call < calls; call++) {
      const caller = new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 });
      this.#all.push(caller.talk(() => this.#untilMs));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await eventually("all talk", () => fleet.count("agent_ready") >= calls);
  }

  /** They end, each after the answer that it hears; all of them by themselves, with nothing missing. */
  async end(): Promise<void> {
    this.#untilMs = 0;
    for (const { report, unanswered } of await Promise.all(this.#all)) {
      assert.deepEqual(callFaults(report).filter((fault) => !fault.startsWith("31903 ")), []);
      assert.deepEqual([report.said, report.endedBy, unanswered], [[], "caller", 0]);
    }
  }
}

/** Live calls of an instance. */
async function callsOf(fleet: FleetProcesses, index: number): Promise<number> {
  return (await fleet.get(index, "/memory").then((answer) => answer.json())).activeCalls;
}

moveTest(
  "POST /drain moves all of 20 calls' share away, and the instance takes none until it is replaced",
  async () => {
    await using fleet = await FleetProcesses.start({ agent: new AccountedAgent().factory });
    const talks = new Talks();
    await talks.begin(fleet, 20);
    const had = await callsOf(fleet, 0);
    assert.ok(had > 0);
    assert.equal((await fleet.post(0, "/drain").then((answer) => answer.json())).status, "draining");
    await eventually("its calls are elsewhere", async () => await callsOf(fleet, 0) === 0, 60_000);
    assert.ok(fleet.count("call_moved") >= had);
    await talks.begin(fleet, 2);
    assert.equal(await callsOf(fleet, 0), 0);
    assert.equal(await callsOf(fleet, 1) + await callsOf(fleet, 2), 22);
    await talks.end();
  },
);

moveTest(
  "An instance that does not keep up moves its newest calls away, which do not come back to it",
  async () => {
    await using fleet = await FleetProcesses.start({ agent: new AccountedAgent().factory });
    const talks = new Talks();
    await talks.begin(fleet, 20);
    const [late] = fleet.servers;
    const had = await callsOf(fleet, 0);
    assert.ok(had > 1);
    let isOver = false;
    const standing = (async () => {
      while (!isOver) {
        await late.standStill(250);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await eventually("calls leave", () => late.log.split('"event":"call_moved"').length > 2, 60_000);
    isOver = true;
    await standing;
    assert.match(late.log, /"event":"calls_move_away","reason":"late"/);
    const moved = late.log.split('"event":"call_moved"').length - 1;
    const [left, here] = [moved, await callsOf(fleet, 0)];
    assert.ok(here <= had - left + 1, `${had} calls, ${left} left, ${here} are here`);
    await talks.end();
  },
);

moveTest("An instance that is short of memory moves its calls away, and none is lost", async () => {
  await using fleet = await FleetProcesses.start({
    agent: new AccountedAgent().factory,
    envOf: (index): Record<string, string> => index === 0 ? { MEMORY_LIMIT_MB: "112" } : {},
  });
  const talks = new Talks();
  await talks.begin(fleet, 20);
  const [short] = fleet.servers;
  await eventually("calls leave", () => short.log.includes('"event":"call_moved"'), 60_000);
  assert.match(short.log, /"event":"calls_move_away","reason":"low_memory"/);
  await talks.end();
});

/** Says the next thing that it is told to, where there is one. */
class DirectedAgent {
  readonly next: AgentOutput[] = [];
  /** What the client put into conversations as text, of each session. */
  readonly told: string[] = [];

  readonly factory = () => ({
    keepsAudio: false,
    reply: ({ trigger, items }: { trigger: string; items: readonly unknown[] }) => {
      this.told.push(JSON.stringify(items));
      const next = trigger === "greeting" ? undefined : this.next.shift();
      return [next ?? { kind: "speech" as const, clip: tone(900), transcript: `Said after ${trigger}.` }];
    },
    transcribe: () => "Something was said.",
  });
}

const SENTENCE = CallerSpeech.tone(440, 1_000);

moveTest(
  "A tool that runs, keys, a transfer and a call that was placed go through the replacement of all instances",
  async () => {
    const clock = new SystemClock();
    const agent = new DirectedAgent();
    await using tool = new ToolEndpoint(() => ({ found: "a table" }), 3_000);
    const placed: SimulatedOutboundCall[] = [];
    await using api = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      onCreate: (request) => {
        const call = new SimulatedOutboundCall(request, { line: fleet.line });
        placed.push(call);
        return call;
      },
    });
    await using fleet = await FleetProcesses.start({
      instances: 2,
      agent: agent.factory,
      business: {
        limits: { callsAtOnce: 9 },
        tools: { http: [tool.fields("look_up")] },
        transfers: [{ name: "sales", description: "whoever sells", number: "+15550100777", ringSeconds: 30 }],
        outbound: { to: ["own country"] },
        time: { silencePromptSeconds: 120 },
      },
      env: { PRIVATE_HOSTS: tool.host, TWILIO_API_URL: api.url },
    });
    const call = (ringMs?: number) =>
      new SimulatedCaller({
        line: fleet.line,
        registry: api.registry,
        onDial: () => ({ status: "no-answer", ringMs }),
      });
    const callers = { tool: call(), keys: call(), transfer: call(15_000) };
    const over = Object.values(callers).map((caller) => caller.place());
    const answer = await fleet.order(0, "/calls", { to: "+15550100002" });
    assert.equal(answer.status, 201, await answer.text());
    await eventually("the placed call is answered", () => placed[0]?.caller?.isConnected === true);
    const outbound = placed[0].caller!;
    const everybody = [...Object.values(callers), outbound];
    await eventually(
      "all are greeted",
      () => everybody.every(({ player }) => player.receivedBytes > 0),
      20_000,
    );
    await new Promise((resolve) => setTimeout(resolve, 2_000));

    agent.next.push({ kind: "function_call", name: "transfer_call", arguments: { target: "sales" } });
    callers.transfer.speech.say(SENTENCE);
    await eventually("it rings", () => !callers.transfer.isConnected);
    agent.next.push({ kind: "function_call", name: "look_up", arguments: { id: "a table" } });
    callers.tool.speech.say(SENTENCE);
    await eventually("the tool runs", () => tool.requests.length === 1);
    const heardBefore = callers.tool.player.receivedBytes;
    const replaced = fleet.replace(0).then(async (code) => [code, await fleet.replace(1)]);
    callers.keys.press("4");
    await new Promise((resolve) => setTimeout(resolve, 700));
    callers.keys.press("2");
    assert.deepEqual(await replaced, [0, 0]);

    await eventually("the transfer comes back", () => callers.transfer.isConnected);
    await eventually(
      "the tool's answer is heard",
      () => callers.tool.player.receivedBytes > heardBefore,
      20_000,
    );
    assert.equal(tool.requests.length, 1);
    assert.ok(agent.told.some((items) => items.includes("a table")), "its result reached the model");
    assert.ok(agent.told.some((items) => /pressed the keys 4 2/.test(items)), "both keys reached the model");
    const heardOut = outbound.player.receivedBytes;
    outbound.speech.say(SENTENCE);
    await eventually("the placed call goes on", () => outbound.player.receivedBytes > heardOut);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const caller of everybody) caller.hangUp();
    await Promise.all(over);
    await placed[0].ended;
    for (const caller of everybody) {
      assert.ok(caller.streams.length > 1, "it changed instances");
      assert.deepEqual(caller.said, [], "no treatment was heard");
      let record: { streams: number; reason: string; direction: string } | undefined;
      await eventually("the record is whole", async () => {
        const found = await fleet.get(-1, `/records?call=${caller.callSid}`);
        record = found.ok ? await found.json() : void await found.body?.cancel();
        return record?.reason === "caller_hung_up";
      }, 20_000);
      assert.equal(record!.streams, caller.streams.length);
      assert.equal(record!.direction, caller === outbound ? "outbound" : "inbound");
    }
  },
);
