import assert from "node:assert/strict";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { ServerRig } from "../support/server_rig.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { IdleConnections } from "./idle_connections.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const ADMIN = { ADMIN_TOKEN: "a token for tests that is long enough" };
const REPLY_SECONDS = 0.5;
/** A server answers again this soon after an attack. */
const AGAIN_MS = 1_000;

/** A server that may open `nofile` descriptors, and those who call it. */
class Attacked implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly temp = new TempFolder();
  readonly emulator = new EmulatedRealtimeApi({ clock: this.clock, agent: toneAgent(REPLY_SECONDS) });
  server!: ServeProcess;
  port = 0;

  static async start(nofile: number): Promise<Attacked> {
    const attacked = new Attacked();
    const { server, port } = await ServeProcess.start({
      folder: attacked.temp.path,
      nofile,
      env: {
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: attacked.emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        DATA_DIR: `${attacked.temp.path}/data`,
        DRAIN_SECONDS: "0",
        ...ADMIN,
      },
    });
    return Object.assign(attacked, { server, port });
  }

  caller(): TalkingCaller {
    return new TalkingCaller({
      clock: this.clock,
      server: `http://127.0.0.1:${this.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    });
  }

  /** The status of an endpoint, over a connection of its own; undefined when it is not answered in time. */
  async status(path: string): Promise<number | undefined> {
    try {
      const signal = AbortSignal.timeout(AGAIN_MS);
      const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
        headers: { connection: "close" },
        signal,
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return undefined;
    }
  }

  async answersWithin(ms: number): Promise<boolean> {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs) {
      if (await this.status("/healthz") === 200) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.emulator.stop();
    this.temp[Symbol.dispose]();
  }
}

Deno.test("1,024 idle connections at a limit of 1,024 descriptors: the server answers again within a second, and closes them", async () => {
  await using attacked = await Attacked.start(1024);
  using idle = await IdleConnections.open(attacked.port, 1_024);
  assert.ok(idle.count > 900, `${idle.count} were let in`);
  assert.ok(await attacked.answersWithin(AGAIN_MS), attacked.server.log);
  await eventually(
    "the idle connections are closed",
    async () => await idle.closed() >= 0.9 * idle.count,
    5_000,
  );
  assert.equal(await attacked.status("/readyz"), 200);
  const talk = await attacked.caller().talk(() => 0);
  assert.deepEqual(callFaults(talk.report), []);
});

Deno.test("idle connections beside calls at a limit of 64 descriptors: calls go on, no caller is let in to be cut, every record is kept", async () => {
  await using attacked = await Attacked.start(64);
  const { clock, server } = attacked;
  let untilMs = Infinity;
  const talks = Array.from({ length: 4 }, () => attacked.caller().talk(() => untilMs));
  await eventually("four calls are on", () => server.log.match(/"call_started"/g)?.length === 4, 20_000);

  using _idle = await IdleConnections.open(attacked.port, 200, 16);
  assert.ok(await attacked.answersWithin(AGAIN_MS), server.log);
  const refused = await attacked.caller().talk(() => 0);
  assert.equal(refused.report.outcome, "refused");
  assert.match(server.log, /"event":"call_refused".*"reason":"descriptors"/);

  untilMs = clock.now() + 3_000;
  for (const { report } of await Promise.all(talks)) {
    assert.deepEqual(callFaults(report), [], server.log);
    assert.equal(report.endedBy, "caller");
  }
  await eventually("calls are taken again", async () => await attacked.status("/healthz") === 200, 5_000);
  await eventually("the next call is taken", async () => {
    return (await attacked.caller().talk(() => 0)).report.outcome === "connected";
  }, 10_000);
  server.signal("SIGTERM");
  assert.equal(await server.ended(), 0, server.log);
  assert.doesNotMatch(server.log, /record_lost|panicked/);
  const callSids = [...server.log.matchAll(/"event":"call_started".*?"call":"(CA\w+)"/g)].map(([, sid]) =>
    sid
  );
  assert.equal(callSids.length, 5);
  using store = await SqliteRecordStore.open(`${attacked.temp.path}/data/records.db`, Date.now);
  const waiting = attacked.temp.names("data/outbox/store").length;
  const stored = (await Promise.all(callSids.map((callSid) => store.get(callSid)))).filter(Boolean).length;
  assert.equal(stored + waiting, callSids.length);
});

Deno.test("a server that may open 38 descriptors says so and does not start", async () => {
  using temp = new TempFolder();
  const start = ServeProcess.start({
    folder: temp.path,
    nofile: 38,
    env: {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      DATA_DIR: `${temp.path}/data`,
    },
  });
  await assert.rejects(start, /file descriptors are left.*raise the limit "nofile"/s);
});

Deno.test("600 idle connections to two workers at a limit of 256 descriptors each: each listens again within a second, and no call is lost", async () => {
  await using rig = await ServerRig.start({ workers: 2, nofile: 256 });
  let untilMs = Infinity;
  const talks = Array.from({ length: 4 }, () => rig.talker().talk(() => untilMs));
  await eventually("four calls are on", () => rig.logged("call_started").length === 4, 20_000);

  using _idle = await IdleConnections.open(rig.port, 600);
  const times = (event: string, worker: number) =>
    rig.logged(event).filter((line) => line.worker === worker).map(({ time }) => Date.parse(String(time)));
  const everyTime = () =>
    [0, 1].map((worker) => [times("listener_died", worker), times("listening_again", worker)]);
  await eventually("each has died and listens", () => {
    return everyTime().every(([died, again]) => died.length > 0 && died.length === again.length);
  }, 10_000);
  for (const [died, again] of everyTime()) {
    died.forEach((diedMs, nth) =>
      assert.ok(again[nth] - diedMs <= AGAIN_MS, `after ${again[nth] - diedMs} ms`)
    );
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => rig.ask("/healthz")));
  for (const answer of answers) {
    await answer.body?.cancel();
    assert.equal(answer.status, 200);
  }
  untilMs = 0;
  for (const { report } of await Promise.all(talks)) assert.deepEqual(callFaults(report), [], rig.server.log);
  assert.deepEqual(rig.logged("worker_ended"), []);
});
