import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { eventually } from "../support/eventually.ts";
import { processFigures } from "../support/process_figures.ts";
import { OPERATORS_TOKEN } from "../support/serve_process.ts";
import { ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";

/** Connections that ask and never read, over what they ask for. */
const READERS = 500;
const ASKED = [
  "/dashboard/events",
  `/dashboard/talk?call=CA${"0".repeat(32)}`,
  "/metrics",
  "/records",
  "/calls",
  "/memory",
];
/** Requests that each sends one behind the other: more answers than the kernel's buffers take. */
const PIPELINED = 50;
const WATCH_MS = 12_000;
const MAX_MORE_BYTES = 64 * 2 ** 20;
const MAX_GAP_MS = 100;
/** So soon after the readers have gone nothing is left of them. */
const GONE_MS = 5_000;

/** Longer than the caller waits for words that are late: no gap that the machine makes is spoken into. */
const QUIET_MS = 1_500;

/** A connection that asks for the same again and again, and reads nothing of what comes. */
async function silentReader(port: number, target: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATORS_TOKEN}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(head.repeat(PIPELINED)));
  return conn;
}

Deno.test("500 operators' connections that read nothing cost a bounded memory, disturb no call, and leave nothing", async () => {
  await using rig = await ServerRig.start();
  const { clock } = rig;
  const look = () => processFigures(rig.server.pid, rig.port);
  using stalls = new StallWatch(clock);
  let untilMs = Infinity;
  const talks = Array.from(
    { length: 5 },
    () => rig.talk(() => untilMs, { quietMs: QUIET_MS }),
  );
  await eventually("the calls are on", () => rig.logged("call_started").length === talks.length);
  const before = await look();
  const startMs = clock.now();
  const readers: Deno.TcpConn[] = [];
  let most = before;
  try {
    for (let count = 0; count < READERS; count++) {
      readers.push(await silentReader(rig.port, ASKED[count % ASKED.length]));
    }
    while (clock.now() - startMs < WATCH_MS) {
      const now = await look();
      if (now.rssBytes > most.rssBytes) most = now;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } finally {
    for (const conn of readers) conn.close();
  }
  const after = await look();
  const machineMs = after.waitedMs - before.waitedMs + stalls.longestBetween(startMs, clock.now());
  const moreMb = (most.rssBytes - before.rssBytes) / 2 ** 20;
  if (Deno.args.includes("--show")) console.log({ moreMb, before, most, machineMs });
  await eventually("nothing is left of the readers", async () => {
    const now = await look();
    return now.deserted === 0 && now.connections <= before.connections;
  }, GONE_MS);
  untilMs = 0;
  for (const { report } of await Promise.all(talks)) {
    assert.deepEqual(callFaults(report), []);
    const gap = report.longestUnderrunMs;
    assert.ok(gap <= MAX_GAP_MS + machineMs, `a gap of ${gap} ms, ${machineMs} of them the machine's`);
  }
  assert.ok(moreMb * 2 ** 20 <= MAX_MORE_BYTES, `${moreMb} MB more`);
});
