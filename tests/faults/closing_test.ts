import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually, within } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { WorkersRig } from "../support/workers_rig.ts";

/** From a stop signal without a drain: three seconds for Twilio's last webhooks, five for what does not close, and some. */
const ENDS_MS = 12_000;

/** Resolves with how the process ended. Fails when it does not in time. */
async function endsWithin<End>(ms: number, ended: Promise<End>, log: () => string): Promise<End> {
  try {
    return await within("it has ended", ms, ended);
  } catch (cause) {
    throw new Error(log(), { cause });
  }
}

function silentCaller({ line }: Pick<WorkersRig, "line">): SimulatedCaller {
  return new SimulatedCaller({ line, speech: CallerSpeech.silence(60_000) });
}

/** A server with one call that is live. */
class Talking implements AsyncDisposable {
  private constructor(
    readonly rig: ServerRig,
    readonly caller: SimulatedCaller,
    readonly call: ReturnType<SimulatedCaller["place"]>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Talking> {
    const rig = await ServerRig.start({ env });
    const caller = silentCaller(rig);
    const talking = new Talking(rig, caller, caller.place());
    await eventually("the call is on", () => rig.logged("agent_ready").length === 1);
    return talking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.hangUp();
    await this.call;
    await this.rig[Symbol.asyncDispose]();
  }
}

for (const folder of ["data", "data/live"]) {
  Deno.test(`slimline serve whose ${folder} is removed during a call ends in time, and its caller gets a fallback`, async () => {
    await using talking = await Talking.start();
    const { server, temp } = talking.rig;
    await eventually("a checkpoint is written", () => {
      return temp.names("data/live").some((name) =>
        temp.names(`data/live/${name}`).some((file) => file.endsWith(".json"))
      );
    }, 20_000);
    await Deno.remove(`${temp.path}/${folder}`, { recursive: true });
    server.signal("SIGTERM");
    assert.equal(await endsWithin(ENDS_MS, server.ended(), () => server.log), 0, server.log);
    const { said } = await talking.call;
    assert.ok(said.length > 0, "the caller heard why");
  });
}

Deno.test("slimline serve ends in time where MongoDB takes connections and never answers", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of silent) connections.push(connection);
  })();
  try {
    await using talking = await Talking.start({
      MONGODB_URI: `mongodb://127.0.0.1:${silent.addr.port}/slimline`,
    });
    const { server, temp } = talking.rig;
    server.signal("SIGTERM");
    await endsWithin(ENDS_MS, server.ended(), () => server.log);
    assert.match(server.log, /"event":"stopped"/);
    // What the stream leaves and what the caller got afterwards become one record once a store takes them.
    const waiting = temp.names("data/outbox/store").map((name) => /_(CA[0-9a-f]{32})/.exec(name)?.[1]);
    assert.equal(new Set(waiting).size, 1, "the record waits for the next start");
  } finally {
    silent.close();
    await accepting;
    for (const connection of connections) connection.close();
  }
});

Deno.test("slimline serve: a second SIGTERM in the drain ends the call with its fallback, and the process within seconds", async () => {
  await using talking = await Talking.start({ DRAIN_SECONDS: "300" });
  const { rig } = talking;
  const { server } = rig;
  server.signal("SIGTERM");
  await eventually("it drains", () => rig.logged("draining").length === 1, 5_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // sooner it would be taken for the same wish
  server.signal("SIGTERM");
  assert.equal(await endsWithin(8_000, server.ended(), () => server.log), 0);
  const report = await talking.call;
  assert.ok(report.said.length > 0, "the caller heard the fallback");
  assert.deepEqual(callFaults(report), []);
  const ended = rig.logged("call_ended");
  assert.deepEqual(ended.map(({ reason }) => reason), ["server_stopped"]);
});

Deno.test("A part of the program that does not close is left behind, and told of; all others are closed", async () => {
  await using rig = await BridgeRig.start();
  const caller = rig.caller();
  const call = caller.place();
  await eventually("the call is on", () => rig.log.names.includes("agent_ready"));
  const { calls } = rig.app;
  const endAll = calls.endAll.bind(calls);
  calls.endAll = async () => {
    await endAll();
    await new Promise(() => {});
  };
  await rig.app[Symbol.asyncDispose]();
  const told = rig.log.events.filter(({ event }) => event === "close_failed");
  assert.deepEqual(told.map(({ level, attributes }) => [level, attributes.what]), [["error", "calls"]]);
  await eventually("sessions are closed", () => rig.emulator.stats().sessionsOpen === 0);
  await call;
});

for (const phase of ["worker_started", "listening", "workers_listening"]) {
  Deno.test(`slimline serve --workers 2 ends after a stop, though a worker was killed at "${phase}"`, async () => {
    await using rig = await WorkersRig.start(2, { DRAIN_SECONDS: "0" }, phase);
    await rig.kill(0, "SIGKILL");
    const hasGivenUp = phase === "worker_started"; // the first worker never listened: the supervisor ends by itself
    if (!hasGivenUp) rig.signal("SIGTERM");
    await endsWithin(ENDS_MS, rig.ended(), () => rig.log);
  });
}

Deno.test("slimline serve --workers 2 ends after a stop, though a worker was killed in its drain", async () => {
  await using rig = await WorkersRig.start(2, { DRAIN_SECONDS: "60" });
  const call = silentCaller(rig).place();
  const worker = Number(await rig.logged(/"event":"call_started","worker":(\d)/));
  rig.signal("SIGTERM");
  await rig.logged(new RegExp(`"event":"draining","worker":${worker}`));
  await rig.kill(worker, "SIGKILL");
  await endsWithin(ENDS_MS, rig.ended(), () => rig.log);
  await call;
});

Deno.test("slimline serve --workers 2 whose data/live is removed during a call ends in time", async () => {
  const dataDir = `./data/closing-${crypto.randomUUID()}`;
  await using rig = await WorkersRig.start(2, { DRAIN_SECONDS: "0", DATA_DIR: dataDir });
  const talk = silentCaller(rig).place();
  await rig.logged(/"event":"agent_ready"/);
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // until the first checkpoint
  await rig.remove(`${dataDir}/live`);
  rig.signal("SIGTERM");
  assert.equal(await endsWithin(ENDS_MS, rig.ended(), () => rig.log), 0, rig.log);
  await talk;
  await rig.remove(dataDir);
});
