// `deno task bench:set-up`: what a call costs before it talks and after: webhook, TwiML, upgrade, the session, and the end.
// Calls come within a second and a half, stay 200 ms without a frame, and hang up; burst after burst, since the first one
// compiles. CPU of all threads of the server, by the kernel's own account (`/proc/PID/task/*/schedstat`), less what the
// idle server takes. What the bare bridge takes is the runtime's share.

import { parseArgs } from "node:util";
import { ACCOUNT_SID, PUBLIC_URL, ServerProcess } from "../../src/lab/load/server_process.ts";
import { Webhooks } from "../../src/lab/twilio/webhooks.ts";
import { sleep } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { TimedCall, TimedSession } from "./timed_call.ts";

const USAGE = `deno task bench:set-up [--calls N] [--bursts N] [--server FILE]

  --calls   calls of a burst (default 100)
  --bursts  how many, one after another (default 5)
  --server  run this as the server, such as tests/bench/bare_bridge.ts`;

const BURST_MS = 1_500;
const STAY_MS = 200;
/** After this nothing of a burst is left to do. */
const REST_MS = 1_500;
/** How long the server is left alone before it is measured, and how long it is measured while nobody calls. */
const IDLE_MS = 3_000;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100" },
    bursts: { type: "string", default: "5" },
    server: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const [calls, bursts] = [values.calls, values.bursts].map(Number);

const clock = new SystemClock();
await using model = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  new TimedSession(socket, () => {});
  return response;
});
const authToken = crypto.randomUUID();
await using server = await ServerProcess.start({
  realtimeUrl: `ws://127.0.0.1:${model.addr.port}/v1/realtime`,
  authToken,
  audioFormat: "pcm24k",
  resampler: "polyphase",
  maxCalls: 1_000,
  main: values.server,
});
const webhooks = new Webhooks({
  clock,
  server: server.url,
  publicUrl: PUBLIC_URL,
  accountSid: ACCOUNT_SID,
  authToken,
});

await sleep(clock, IDLE_MS);
const idleFrom = { cpuMs: cpuMs(server.pid), atMs: performance.now() };
await sleep(clock, IDLE_MS);
const idleShare = (cpuMs(server.pid) - idleFrom.cpuMs) / (performance.now() - idleFrom.atMs);
for (let burst = 1; burst <= bursts; burst++) {
  const from = { cpuMs: cpuMs(server.pid), atMs: performance.now() };
  const taken = await Promise.all(Array.from({ length: calls }, (_, i) => call(i * BURST_MS / calls)));
  await sleep(clock, REST_MS);
  const idleMs = idleShare * (performance.now() - from.atMs);
  const ms = (cpuMs(server.pid) - from.cpuMs - idleMs) / calls;
  const refused = taken.filter((isTaken) => !isTaken).length;
  console.log(
    `burst ${burst}: ${ms.toFixed(2)} ms of CPU a call${refused > 0 ? `, ${refused} refused` : ""}`,
  );
}

/** Whether the call was taken. */
async function call(afterMs: number): Promise<boolean> {
  await sleep(clock, afterMs);
  const call = await TimedCall.dial(webhooks, ACCOUNT_SID);
  await sleep(clock, STAY_MS);
  call?.hangUp();
  return call !== undefined;
}

/** What all threads of a process have run, those that have ended not counted. */
function cpuMs(pid: number): number {
  let ns = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it ended meanwhile
    }
  }
  return ns / 1e6;
}
