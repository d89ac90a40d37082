import assert from "node:assert/strict";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";
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

/** Not counting what the machine stood still. */
async function answersWithin(rig: ServerRig, ms: number): Promise<boolean> {
  const { clock } = rig;
  using stalls = new StallWatch(clock);
  const fromMs = clock.now();
  while (clock.now() - fromMs - stalls.sumBetween(fromMs, Infinity) < ms) {
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
  await eventually(
    "calls are taken: the loop is no longer late",
    async () => await statusOf(rig, "/readyz") === 200,
  );
  const talk = await rig.talk(() => 0);
  assert.deepEqual(callFaults(talk.report), []);
});

Deno.test("idle connections beside calls at a limit of 64 descriptors: calls go on, no caller is let in to be cut, every record is kept", async () => {
  await using rig = await limitedTo(64);
  const { clock, server } = rig;
  let untilMs = Infinity;
  const talks = Array.from({ length: 4 }, () => rig.talk(() => untilMs));
  await eventually("four calls are on", () => server.log.match(/"call_started"/g)?.length === 4);

  using _idle = await IdleConnections.open(rig.port, 200, 16);
  assert.ok(await answersWithin(rig, AGAIN_MS), server.log);
  const refused = await rig.talk(() => 0);
  assert.equal(refused.report.outcome, "refused");
  assert.match(server.log, /"event":"call_refused".*"reason":"descriptors"/);

  untilMs = clock.now() + 3_000;
  for (const { report } of await Promise.all(talks)) {
    assert.deepEqual(callFaults(report), [], server.log);
    assert.equal(report.endedBy, "caller");
  }
  await eventually("calls are taken again", async () => await statusOf(rig, "/healthz") === 200, 5_000);
  await eventually("the next call is taken", async () => {
    return (await rig.talk(() => 0)).report.outcome === "connected";
  }, 10_000);
  server.signal("SIGTERM");
  assert.equal(await server.ended(), 0, server.log);
  assert.doesNotMatch(server.log, /record_lost|panicked/);
  const callSids = [...server.log.matchAll(/"event":"call_started".*?"call":"(CA\w+)"/g)].map(([, sid]) =>
    sid
  );
  assert.equal(callSids.length, 5);
  using store = await SqliteRecordStore.open(`${rig.temp.path}/data/records.db`, Date.now);
  // One that was stored as the process ended waits there, too, and is stored again by the next.
  const waiting = rig.temp.names("data/outbox/store").join();
  for (const callSid of callSids) assert.ok(waiting.includes(callSid) || await store.get(callSid), callSid);
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
  const talks = Array.from({ length: 4 }, () => rig.talk(() => untilMs));
  await eventually("four calls are on", () => rig.logged("call_started").length === 4);

  const times = (event: string, worker: number) =>
    rig.logged(event).filter((line) => line.worker === worker).map(({ time }) => Date.parse(String(time)));
  /** When each worker's listener died, and how long it then took to listen; Infinity while it does not. */
  const deaths = () =>
    [0, 1].map((worker) => {
      const again = times("listening_again", worker); // after it has closed idle connections, too
      return times("listener_died", worker).map((diedMs) =>
        (again.find((againMs) => againMs >= diedMs) ?? Infinity) - diedMs
      );
    });
  using idle = new DisposableStack();
  idle.use(await IdleConnections.open(rig.port, 600));
  await eventually("each has died and listens", async () => {
    const all = deaths();
    // The kernel gives each as many as it likes, and a port that is closed for a moment takes none.
    if (all.some(({ length }) => length === 0)) idle.use(await IdleConnections.open(rig.port, 64));
    return all.every((took) => took.length > 0 && took.every((ms) => ms < Infinity));
  }, 20_000);
  for (const ms of deaths().flat()) assert.ok(ms <= AGAIN_MS, `after ${ms} ms`);
  // What still waits to be accepted may make it die once more: it answers within a second even so.
  const answered = await Promise.all(Array.from({ length: 20 }, () => answersWithin(rig, AGAIN_MS)));
  assert.ok(answered.every(Boolean), rig.server.log);
  untilMs = 0;
  for (const { report } of await Promise.all(talks)) assert.deepEqual(callFaults(report), [], rig.server.log);
  assert.deepEqual(rig.logged("worker_ended"), []);
});
