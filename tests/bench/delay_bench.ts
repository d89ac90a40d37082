// `deno task bench:delay`: what the server adds to the way of a caller's frame to the model, and of the model's audio to the
// caller, at so many calls; and what it does to them when as many more come within a second. The server has a core of its
// own; callers and model are this process, on the others, and one clock measures both ends. What it is late itself is told,
// and is in the figures. The task runs it in a network with the segments of Ethernet (`ethernet.sh`).

import { parseArgs } from "node:util";
import { ACCOUNT_SID, PUBLIC_URL, ServerProcess } from "../../src/lab/load/server_process.ts";
import { corePlan, pin } from "../../src/lab/load/load_processes.ts";
import { spread } from "../../src/lab/capacity/capacity_report.ts";
import { Webhooks } from "../../src/lab/twilio/webhooks.ts";
import { sleep } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { TimedCall, TimedSession } from "./timed_call.ts";

const USAGE = `deno task bench:delay [--calls N] [--seconds S] [--burst N] [--format NAME] [--server FILE]

  --calls    calls that talk (default 100)
  --seconds  how long they are measured (default 20)
  --burst    calls that come beside them within a second, and stay for five (default 100)
  --format   pcm24k (default) or pcmu
  --server   run this as the server`;

/** Calls that talk come up one after another, so that it is known whose session is whose. */
const RAMP_MS = 30;
const SETTLE_MS = 3_000;
const BURST_MS = 1_000;
const BURST_HOLD_MS = 5_000;
const TICK_MS = 5;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100" },
    seconds: { type: "string", default: "20" },
    burst: { type: "string", default: "100" },
    format: { type: "string", default: "pcm24k" },
    server: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const [calls, seconds, burst] = [values.calls, values.seconds, values.burst].map(Number);

const clock = new SystemClock();
const sessions = new Set<TimedSession>();
const lateMs: number[] = [];
let onReady = (_session: TimedSession) => {};
await using model = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  const session = new TimedSession(socket, (ready) => onReady(ready));
  sessions.add(session);
  socket.onclose = () => sessions.delete(session);
  return response;
});
const authToken = crypto.randomUUID();
await using server = await ServerProcess.start({
  realtimeUrl: `ws://127.0.0.1:${model.addr.port}/v1/realtime`,
  authToken,
  audioFormat: values.format,
  resampler: "polyphase",
  maxCalls: 1_000,
  main: values.server,
});
const cores = corePlan(0, navigator.hardwareConcurrency);
await pin(server.pid, cores.server);
await pin(Deno.pid, cores.helpers);
const webhooks = new Webhooks({
  clock,
  server: server.url,
  publicUrl: PUBLIC_URL,
  accountSid: ACCOUNT_SID,
  authToken,
});

const talking: TimedCall[] = [];
const beside: TimedCall[] = [];
let isOver = false;
const ticking = tickOn();
for (let i = 0; i < calls; i++) {
  const session = new Promise<TimedSession>((resolve) => onReady = resolve);
  const call = await TimedCall.dial(webhooks, ACCOUNT_SID);
  if (!call) throw new Error(`Call ${i + 1} was not taken.`);
  (await session).call = call;
  talking.push(call);
  await sleep(clock, RAMP_MS);
}
onReady = () => {};
await sleep(clock, SETTLE_MS);
report(`${calls} calls, ${seconds} s`, await measured(() => sleep(clock, seconds * 1000)));

if (burst > 0) {
  let refused = 0;
  const figures = await measured(async () => {
    const dialled = Array.from({ length: burst }, async (_, i) => {
      await sleep(clock, i * BURST_MS / burst);
      const call = await TimedCall.dial(webhooks, ACCOUNT_SID).catch(() => undefined);
      if (call) beside.push(call);
      else refused++;
    });
    await Promise.all(dialled);
    await sleep(clock, BURST_HOLD_MS);
  });
  report(`beside ${burst} that come within a second`, figures);
  const up = beside.filter(({ isUp }) => isUp).length;
  console.log(
    `Of these ${burst}, ${refused} were refused, and ${up} are up after ${BURST_HOLD_MS / 1000} s.`,
  );
}
isOver = true;
await ticking;
for (const call of [...talking, ...beside]) call.hangUp();
const lost = talking.length - talking.filter(({ delays }) => (delays?.up.length ?? 0) > 0).length;
if (lost > 0) console.log(`${lost} calls were lost, or out of step.`);

/** Sends all that is due, every 5 ms. */
async function tickOn(): Promise<void> {
  for (let dueMs = performance.now(); !isOver; dueMs += TICK_MS) {
    await sleep(clock, Math.max(0, dueMs - performance.now()));
    const nowMs = performance.now();
    lateMs.push(nowMs - dueMs);
    for (const call of talking) call.tick(nowMs);
    for (const call of beside) call.tick(nowMs);
    for (const session of sessions) session.tick(nowMs);
  }
}

async function measured(during: () => Promise<void>) {
  for (const call of talking) call.measure();
  lateMs.length = 0;
  const before = await server.memory();
  const startMs = performance.now();
  await during();
  const after = await server.memory();
  const core = ((after.cpuSeconds ?? NaN) - (before.cpuSeconds ?? NaN)) / (performance.now() - startMs) *
    1000;
  return {
    core,
    up: talking.flatMap(({ delays }) => delays?.up ?? []),
    down: talking.flatMap(({ delays }) => delays?.down ?? []),
    gapMs: Math.max(...talking.map(({ longestGapMs }) => longestGapMs)),
    lateMs: [...lateMs],
  };
}

function report(what: string, { core, up, down, gapMs, lateMs }: Awaited<ReturnType<typeof measured>>): void {
  console.log(`${what}: ${core.toFixed(2)} of a core; the longest gap in an answer ${gapMs.toFixed(0)} ms`);
  line("frame in → append out", up);
  line("delta in → media out", down);
  line("this process late", lateMs);
}

function line(name: string, ms: number[]): void {
  const { p50, p99 } = spread(ms);
  // They are sorted now.
  const [p90, worst] = [ms[Math.floor(ms.length * 0.9)], ms.at(-1)].map((one) => one?.toFixed(1));
  console.log(`  ${name.padEnd(22)} p50 ${p50} ms, p90 ${p90}, p99 ${p99}, worst ${worst} of ${ms.length}`);
}
