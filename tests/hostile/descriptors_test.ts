import assert from "node:assert/strict";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { IdleConnections } from "./idle_connections.ts";

const REPLY_SECONDS = 0.5;
/** A server answers again this soon after an attack. */
const AGAIN_MS = 1_000;

/** A server that may open `nofile` descriptors. */
function limitedTo(nofile: number): Promise<ServerRig> {
  return ServerRig.start({ nofile, agent: toneAgent(REPLY_SECONDS) });
}

/** The status of an endpoint, over a connection of its own; undefined when it is not answered in time. */
async function statusOf(rig: ServerRig, path: string): Promise<number | undefined> {
  try {
    const answer = await rig.ask(path, { signal: AbortSignal.timeout(AGAIN_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}

async function answersWithin(rig: ServerRig, ms: number): Promise<boolean> {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    if (await statusOf(rig, "/healthz") === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

Deno.test("1,024 idle connections at a limit of 1,024 descriptors: the server answers again within a second, and closes them", async () => {
  await using rig = await limitedTo(1_024);
  using idle = await IdleConnections.open(rig.port, 1_024);
  assert.ok(idle.count > 900, `${idle.count} were let in`);
  assert.ok(await answersWithin(rig, AGAIN_MS), rig.server.log);
  await eventually(
    "the idle connections are closed",
    async () => await idle.closed() >= 0.9 * idle.count,
    5_000,
  );
  assert.equal(await statusOf(rig, "/readyz"), 200);
  const talk = await rig.talker().talk(() => 0);
  assert.deepEqual(callFaults(talk.report), []);
});

Deno.test("idle connections beside calls at a limit of 64 descriptors: calls go on, no caller is let in to be cut, every record is kept", async () => {
  await using rig = await limitedTo(64);
  const { clock, server } = rig;
  let untilMs = Infinity;
  const talks = Array.from({ length: 4 }, () => rig.talker().talk(() => untilMs));
  await eventually("four calls are on", () => server.log.match(/"call_started"/g)?.length === 4, 20_000);

  using _idle = await IdleConnections.open(rig.port, 200, 16);
  assert.ok(await answersWithin(rig, AGAIN_MS), server.log);
  const refused = await rig.talker().talk(() => 0);
  assert.equal(refused.report.outcome, "refused");
  assert.match(server.log, /"event":"call_refused".*"reason":"descriptors"/);

  untilMs = clock.now() + 3_000;
  for (const { report } of await Promise.all(talks)) {
    assert.deepEqual(callFaults(report), [], server.log);
    assert.equal(report.endedBy, "caller");
  }
  await eventually("calls are taken again", async () => await statusOf(rig, "/healthz") === 200, 5_000);
  await eventually("the next call is taken", async () => {
    return (await rig.talker().talk(() => 0)).report.outcome === "connected";
  }, 10_000);
  server.signal("SIGTERM");
  assert.equal(await server.ended(), 0, server.log);
  assert.doesNotMatch(server.log, /record_lost|panicked/);
  const callSids = [...server.log.matchAll(/"event":"call_started".*?"call":"(CA\w+)"/g)].map(([, sid]) =>
    sid
  );
  assert.equal(callSids.length, 5);
  using store = await SqliteRecordStore.open(`${rig.temp.path}/data/records.db`, Date.now);
  const waiting = rig.temp.names("data/outbox/store").length;
  const stored = (await Promise.all(callSids.map((callSid) => store.get(callSid)))).filter(Boolean).length;
  assert.equal(stored + waiting, callSids.length);
});

Deno.test("a server that may open 38 descriptors says so and does not start", async () => {
  await assert.rejects(
    ServerRig.start({ nofile: 38 }),
    /file descriptors are left.*raise the limit "nofile"/s,
  );
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
