import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { WorkersRig } from "../support/workers_rig.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
/** From a stop signal without a drain: three seconds for Twilio's last webhooks, five for what does not close, and some. */
const ENDS_MS = 12_000;

/** Resolves with how the process ended. Fails when it does not in time. */
async function endsWithin<End>(ms: number, ended: Promise<End>, log: () => string): Promise<End> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It has not ended within ${ms} ms:\n${log()}`)), ms);
  });
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

function silentCaller({ line }: Pick<WorkersRig, "line">): SimulatedCaller {
  return new SimulatedCaller({ line, speech: CallerSpeech.silence(60_000) });
}

/** A server with one call that is live. */
class Talking implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly temp = new TempFolder();
  readonly emulator = new EmulatedRealtimeApi({ clock: this.clock, agent: toneAgent(1) });
  server!: ServeProcess;
  caller!: SimulatedCaller;
  call!: ReturnType<SimulatedCaller["place"]>;

  static async start(env: Record<string, string> = {}): Promise<Talking> {
    const talking = new Talking();
    const { clock, temp, emulator } = talking;
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
        ...env,
      },
    });
    talking.server = server;
    const line = {
      clock,
      server: `http://127.0.0.1:${port}`,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
    talking.caller = new SimulatedCaller({ line, speech: CallerSpeech.silence(60_000) });
    talking.call = talking.caller.place();
    await eventually("the call is on", () => server.log.includes('"agent_ready"'), 20_000);
    return talking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.hangUp();
    await this.call;
    await this.server.kill();
    await this.emulator.stop();
    this.temp[Symbol.dispose]();
  }
}

for (const folder of ["data", "data/live"]) {
  Deno.test(`slimline serve whose ${folder} is removed during a call ends in time, and its caller gets a fallback`, async () => {
    await using talking = await Talking.start();
    const { server, temp } = talking;
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
    const { server } = talking;
    server.signal("SIGTERM");
    await endsWithin(ENDS_MS, server.ended(), () => server.log);
    assert.match(server.log, /"event":"stopped"/);
    // What the stream leaves and what the caller got afterwards become one record once a store takes them.
    const waiting = talking.temp.names("data/outbox/store").map((name) =>
      /_(CA[0-9a-f]{32})/.exec(name)?.[1]
    );
    assert.equal(new Set(waiting).size, 1, "the record waits for the next start");
  } finally {
    silent.close();
    await accepting;
    for (const connection of connections) connection.close();
  }
});

Deno.test("slimline serve: a second SIGTERM in the drain ends the call with its fallback, and the process within seconds", async () => {
  await using talking = await Talking.start({ DRAIN_SECONDS: "300" });
  const { server, clock } = talking;
  server.signal("SIGTERM");
  await eventually("it drains", () => server.log.includes('"draining"'), 5_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // sooner it would be taken for the same wish
  const startMs = clock.now();
  server.signal("SIGTERM");
  const report = await talking.call;
  assert.ok(report.said.length > 0, "the caller heard the fallback");
  assert.deepEqual(callFaults(report), []);
  assert.equal(await endsWithin(ENDS_MS, server.ended(), () => server.log), 0);
  assert.ok(clock.now() - startMs < 8_000);
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
