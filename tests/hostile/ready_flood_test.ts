import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { attack, cpuMs, requestText } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";

/** Each of them is asked by every other that is full whether it is ready. */
const WORKERS = 6;
const REQUESTS = 200;
/** Of all workers, for one request of anybody. */
const MOST_MS = 5;
/** A busy machine makes figures larger, never smaller. */
const TRIES = 3;

Deno.test("Whoever asks full workers again and again whether they are ready costs them little", async () => {
  await using rig = await ServerRig.start({ workers: WORKERS, env: { MAX_CALLS: `${WORKERS}` } });
  const pids = rig.logged("worker_started").map(({ pid }) => Number(pid));
  assert.equal(pids.length, WORKERS);
  const callers = Array.from({ length: WORKERS }, () => rig.caller());
  const placed: Promise<unknown>[] = [];
  for (const [index, caller] of callers.entries()) {
    placed.push(caller.place());
    await eventually("the call is on", () => rig.logged("call_started").length === index + 1);
  }
  const ask = () => attack(rig.port, requestText("/readyz", { method: "GET" }));
  const usedMs = async () => (await Promise.all(pids.map(cpuMs))).reduce((sum, ms) => sum + ms, 0);
  let leastMs = Infinity;
  for (let tries = 0; tries < TRIES && leastMs > MOST_MS; tries++) {
    const before = await usedMs();
    for (let count = 0; count < REQUESTS; count++) assert.match((await ask()).text, /"full"/);
    leastMs = Math.min(leastMs, (await usedMs() - before) / REQUESTS);
  }
  if (Deno.args.includes("--show")) console.log({ leastMs });
  for (const caller of callers) caller.hangUp();
  await Promise.all(placed);
  assert.ok(leastMs <= MOST_MS, `${leastMs} ms of CPU a request`);
  await eventually("a worker is ready again", async () => (await ask()).status === 200);
});
