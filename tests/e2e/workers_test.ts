import assert from "node:assert/strict";
import { type TalkedCall } from "../../src/lab/load/talking_caller.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { REPLY_MS, WorkersRig } from "../support/workers_rig.ts";

const DRAIN = { DRAIN_SECONDS: "60" };

/** Everything that was said to the caller has come. */
function assertWhole({ report, unanswered, heardOut }: TalkedCall): void {
  assert.deepEqual(callFaults(report), []);
  assert.equal(report.endedBy, "caller");
  assert.equal(unanswered, 0);
  assert.ok(report.receivedMs >= heardOut * REPLY_MS, `${report.receivedMs} ms of ${heardOut} answers came`);
}

Deno.test("slimline serve --workers 3: calls are spread; one that is killed costs its own calls only and comes back; a drain is passed on", async () => {
  await using rig = await WorkersRig.start(3, DRAIN);
  let untilMs = Infinity;
  const talks = Array.from({ length: 12 }, () => rig.caller().talk(() => untilMs));
  await rig.eventually("12 calls", async () => (await rig.memory()).activeCalls === 12);

  const before = await rig.memory();
  assert.deepEqual(before.workers.map(({ worker }) => worker), [0, 1, 2]);
  const active = before.workers.map((worker) => "missing" in worker ? NaN : worker.activeCalls);
  assert.equal(active.reduce((sum, calls) => sum + calls, 0), 12);
  assert.ok(active.filter((calls) => calls > 0).length > 1, `calls are at ${active}`);
  assert.ok(before.rss > 0 && before.kernelSlots >= 12);

  const { calls: listed } = JSON.parse(await rig.get("/calls"));
  assert.equal(listed.length, 12);
  const series = (await rig.get("/metrics")).matchAll(/^slimline_calls_active\{worker="(\d)"\} (\d+)$/gm);
  assert.deepEqual([...series].map(([, worker, calls]) => [Number(worker), Number(calls)]), [
    ...active.entries(),
  ]);

  // An operator reaches each call, whichever worker is asked.
  for (const { callSid } of listed) {
    assert.equal(await rig.post(`/calls/${callSid}/tell`, { text: "We close at five.", say: false }), 202);
  }
  const tells = /^slimline_operator_actions_total\{worker="\d",action="tell"\} (\d+)$/gm;
  const acted = (await rig.get("/metrics")).matchAll(tells);
  assert.deepEqual([...acted].map(([, times]) => Number(times)), active);

  const victim = active.indexOf(Math.max(...active));
  await rig.kill(victim, "SIGKILL");
  await rig.logged(/"event":"worker_ended","worker":\d+,"code":137/);
  const during = await rig.memory();
  assert.equal(during.activeCalls, 12 - active[victim]);
  assert.deepEqual(during.workers[victim], { worker: victim, missing: "is not running" });
  await rig.eventually("the worker is back", async () => {
    return (await rig.memory()).workers.every((worker) => !("missing" in worker));
  });

  // The drain waits for the calls that are left, and these hear all that is said to them.
  rig.signal("SIGTERM");
  await rig.logged(/"event":"draining","worker"/);
  untilMs = rig.clock.now() + 1_000;
  const calls = await Promise.all(talks);
  const lost = calls.filter(({ report }) => report.endedBy !== "caller");
  assert.equal(lost.length, active[victim]);
  calls.filter((call) => !lost.includes(call)).forEach(assertWhole);
  assert.equal(await rig.ended(), 0);
});

Deno.test("slimline serve --workers 3: MAX_CALLS holds over all workers, and nobody who got in is cut", async () => {
  await using rig = await WorkersRig.start(3, { ...DRAIN, MAX_CALLS: "6" });
  let untilMs = Infinity;
  const talks = Array.from({ length: 12 }, () => rig.caller().talk(() => untilMs));
  await rig.eventually("6 calls", async () => (await rig.memory()).activeCalls === 6);
  untilMs = rig.clock.now() + 3_000;
  const calls = await Promise.all(talks);
  const connected = calls.filter(({ report }) => report.outcome === "connected");
  assert.equal(connected.length, 6);
  connected.forEach(assertWhole);
  const refused = calls.filter((call) => !connected.includes(call));
  assert.ok(
    refused.every(({ report }) => report.outcome === "refused" && /busy/.test(report.said.join(" "))),
  );
});

Deno.test("slimline serve --workers 2: a worker that stands still is named in /memory, not left out", async () => {
  await using rig = await WorkersRig.start(2);
  await rig.kill(1, "SIGSTOP");
  try {
    const { workers } = await rig.memory();
    assert.ok("rss" in workers[0], JSON.stringify(workers));
    assert.match("missing" in workers[1] ? workers[1].missing : "", /timeout/);
  } finally {
    await rig.kill(1, "SIGCONT");
  }
});

Deno.test("slimline serve --workers 2: no worker outlives the process that started it", async () => {
  await using rig = await WorkersRig.start(2, { DRAIN_SECONDS: "0" });
  rig.signal("SIGKILL");
  await rig.logged(/"event":"draining","worker":0,"signal":"gone"/);
  await rig.logged(/"event":"draining","worker":1,"signal":"gone"/);
  await rig.silent(); // what a worker logs goes where its starter's log does, until the last has ended
});

Deno.test("slimline serve --workers 2 stops with the first worker's exit code when that cannot start", async () => {
  const command = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--permission-set=server",
      "--allow-run=deno",
      "main.ts",
      "serve",
      "--workers=2",
    ],
    env: {
      HOST: "127.0.0.1",
      PORT: "0",
      PUBLIC_URL: "https://voice.test",
      OPENAI_API_KEY: "sk-test",
      TWILIO_AUTH_TOKEN: "a test's auth token",
      BUSINESSES: "./main.ts",
      LOG_FORMAT: "json",
    },
  });
  const { code, stderr } = await command.output();
  assert.match(new TextDecoder().decode(stderr), /"workers_cannot_start"/);
  assert.equal(code, 2);
});

for (const workers of ["0", "65", "two", "1.5"]) {
  Deno.test(`slimline serve --workers ${workers} is wrong usage`, async () => {
    const command = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--permission-set=server",
        "main.ts",
        "serve",
        "--workers",
        workers,
      ],
    });
    const { code, stderr } = await command.output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), /--workers must be a whole number from 1 to 64/);
  });
}
