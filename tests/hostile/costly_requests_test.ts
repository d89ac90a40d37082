import assert from "node:assert/strict";
import { attack, cpuMs, http2Floods, requestText } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";
import { chunked, COSTLY_REQUESTS, CRUMBS } from "./costly_requests.ts";

/** The event loop may stand still this long for a stranger's request: less than a frame of audio. */
const MOST_MS = 5;
/** How often each is sent: enough for the kernel's clock of 10 ms. */
const TIMES = 60;
const AT_ONCE = 4;

/** CPU time that a process takes while something goes on. */
async function cpuOf(pid: number, meanwhile: () => Promise<unknown>): Promise<number> {
  const startMs = await cpuMs(pid);
  await meanwhile();
  return await cpuMs(pid) - startMs;
}

/** Requests that cost nothing but a connection, against which the others are held. */
const CHEAP = requestText("/healthz", { method: "GET" });

Deno.test("no request of a stranger costs the server more than 5 ms, however it is made", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const costMs = async (request: string) => {
    const statuses = new Set<number>();
    const startMs = await cpuMs(server.pid);
    for (let sent = 0; sent < TIMES; sent += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => attack(port, request)));
      for (const { status } of answers) statuses.add(status);
    }
    return { ms: (await cpuMs(server.pid) - startMs) / TIMES, statuses: [...statuses] };
  };
  await costMs(CHEAP); // the compiler's share
  const costs: Record<string, string> = {};
  const tooMuch: string[] = [];
  for (const [what, request] of Object.entries(COSTLY_REQUESTS)) {
    await attack(port, request);
    const { ms, statuses } = await costMs(request);
    costs[what] = `${ms.toFixed(2)} ms, ${statuses}`;
    if (ms > MOST_MS) tooMuch.push(`${what}: ${ms} ms`);
    assert.ok(
      statuses.every((status) => status === 0 || (status >= 400 && status < 500)),
      `${what}: ${statuses}`,
    );
  }
  if (Deno.args.includes("--show")) console.table(costs);
  assert.deepEqual(tooMuch, []);
});

/** By when a body that does not come to its end is answered. */
const ANSWERED_MS = 7_000;

Deno.test("a stranger's request with more trailers than the runtime reads is answered, and costs no more than waiting", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  await attack(port, CHEAP);
  const trailers = Array.from({ length: 10_000 }, (_, index) => `x${index}: y\r\n`).join("");
  const request = chunked("/voice", `1\r\na\r\n0\r\n${trailers}\r\n`);
  const idleMs = await cpuOf(server.pid, () => new Promise((resolve) => setTimeout(resolve, 5_000)));
  const requests = 20;
  using stalls = new StallWatch(rig.clock);
  const startMs = rig.clock.now();
  const ms = await cpuOf(server.pid, async () => {
    const answers = await Promise.all(Array.from({ length: requests }, () => attack(port, request)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [408]);
  });
  const tookMs = rig.clock.now() - startMs - stalls.sumBetween(startMs, Infinity);
  assert.ok(tookMs < ANSWERED_MS, `${tookMs} ms`);
  assert.ok(ms - idleMs < requests * MOST_MS, `${ms} ms, and ${idleMs} ms without`);
});

const FRAMES = 10_000;
/** What the runtime takes for one, on a slow machine. */
const MAX_FRAME_US = 10;
/** What it takes to throw away a megabyte of a body that it shows nobody, on a slow machine. */
const MAX_MEGABYTE_MS = 20;

/** What no code of ours sees: what is sent, and what it may cost. */
const RUNTIMES: Readonly<Record<string, readonly [request: Uint8Array | string, maxMs: number]>> = {
  ...Object.fromEntries(
    Object.entries(http2Floods(FRAMES)).map(
      ([what, frames]) => [`HTTP/2: ${FRAMES} ${what}`, [frames, FRAMES * MAX_FRAME_US / 1_000]],
    ),
  ),
  "a HEAD with a million chunks": [chunked("/healthz", CRUMBS, "HEAD"), 6 * MAX_MEGABYTE_MS],
};

Deno.test("what the runtime does before any code of ours costs what the page of operations says", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const times = 10;
  const costs: Record<string, string> = {};
  for (const [what, [request, maxMs]] of Object.entries(RUNTIMES)) {
    await attack(port, request);
    const ms = await cpuOf(server.pid, async () => {
      for (let sent = 0; sent < times; sent++) await attack(port, request);
    }) / times;
    costs[what] = `${ms} ms`;
    assert.ok(ms <= maxMs, `${what}: ${ms} ms`);
  }
  if (Deno.args.includes("--show")) console.table(costs);
});
