import { parseArgs } from "node:util";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { FleetProcesses } from "../support/fleet_processes.ts";
import { AccountedAgent, pausesIn, quantile } from "../support/fleet_talk.ts";

/*
 * Three instances behind nginx with the tests' MongoDB, calls with talk, and 100 ms each way to the model: what a call costs
 * the database, then all instances are replaced one after another, and what callers noticed of it.
 *
 *   deno task bench:fleet --calls 60 --rounds 2
 */

const IDLE_MS = 20_000;
const BETWEEN_CALLS_MS = 250;
const KINDS = ["reads", "writes", "batches"] as const;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "60" },
    rounds: { type: "string", default: "2" },
    "talk-seconds": { type: "string", default: "30" },
    /** Where all that the instances logged is written, below /tmp. */
    log: { type: "string" },
  },
});
const calls = Number(values.calls);
const rounds = Number(values.rounds);

const agent = new AccountedAgent();
await using fleet = await FleetProcesses.start({
  agent: agent.factory,
  business: {
    name: "Acme",
    numbers: ["+15550100000"],
    instructions: "Be brief.",
    limits: { callsAtOnce: calls },
  },
  // nginx lets one address have so many requests: all callers are at one here.
  env: { DRAIN_SECONDS: "120" },
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Operations on the fleet's database so far, of all instances that are up. */
async function operations(): Promise<Record<(typeof KINDS)[number], number>> {
  const sum = { reads: 0, writes: 0, batches: 0 };
  for (const index of fleet.servers.keys()) {
    const text = await (await fleet.get(index, "/metrics")).text();
    for (const kind of KINDS) {
      const pattern = new RegExp(`^slimline_cluster_operations_total\\{kind="${kind}"\\} (\\d+)$`, "m");
      sum[kind] += Number(pattern.exec(text)?.[1] ?? 0);
    }
  }
  return sum;
}

async function duringMs(ms: number, work: () => Promise<unknown>) {
  const before = await operations();
  const startMs = performance.now();
  await Promise.all([work(), wait(ms)]);
  const after = await operations();
  const tookMs = performance.now() - startMs;
  const [reads, writes, batches] = KINDS.map((kind) => after[kind] - before[kind]);
  return { reads, writes, batches, tookMs };
}

async function place(count: number, untilMs: () => number): Promise<Promise<TalkedCall>[]> {
  const talks: Promise<TalkedCall>[] = [];
  for (let call = 0; call < count; call++) {
    talks.push(new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(untilMs));
    await wait(BETWEEN_CALLS_MS);
  }
  return talks;
}

const rounded = (value: number) => Math.round(100 * value) / 100;

const idle = await duringMs(IDLE_MS, () => Promise.resolve());
const perSecond = (kind: (typeof KINDS)[number]) => idle[kind] / idle.tookMs * 1_000;
const eachKind = (figure: (kind: (typeof KINDS)[number]) => number) =>
  Object.fromEntries(KINDS.map((kind) => [kind, rounded(figure(kind))]));
console.log(JSON.stringify({
  instances: fleet.servers.length,
  idlePerInstanceAndSecond: eachKind((kind) => perSecond(kind) / fleet.servers.length),
}));

const ordinary = await duringMs(0, async () => {
  const endMs = fleet.clock.now() + 1_000 * Number(values["talk-seconds"]);
  await Promise.all(await place(calls, () => endMs));
  await wait(5_000); // what is told late
});
console.log(JSON.stringify({
  calls,
  seconds: Math.round(ordinary.tookMs / 1_000),
  perCall: eachKind((kind) => (ordinary[kind] - perSecond(kind) * ordinary.tookMs / 1_000) / calls),
}));

let untilMs = Infinity;
const talks = await place(calls, () => untilMs);
const codes: number[] = [];
const startMs = performance.now();
for (let round = 0; round < rounds; round++) {
  for (const index of fleet.servers.keys()) codes.push(await fleet.replace(index));
}
untilMs = 0;
const ended = await Promise.all(talks);
if (values.log !== undefined) await Deno.writeTextFile(values.log, fleet.log);
const pauses = pausesIn(fleet.log);
const waits = [...fleet.log.matchAll(/"event":"call_moved".*?"waitedMs":(\d+)/g)].map(([, ms]) => Number(ms))
  .sort((a, b) => a - b);
console.log(JSON.stringify({
  calls,
  replaced: codes.length,
  seconds: Math.round((performance.now() - startMs) / 1_000),
  exitCodes: [...new Set(codes)],
  moved: fleet.count("call_moved"),
  notMoved: fleet.count("call_not_moved"),
  endedByOthers: ended.filter(({ report }) => report.endedBy !== "caller").length,
  faults: [...new Set(ended.flatMap(({ report }) => callFaults(report)))],
  pauseMs: { median: quantile(pauses, 0.5), p95: quantile(pauses, 0.95), most: pauses.at(-1) },
  waitedForRestMs: { median: quantile(waits, 0.5), p95: quantile(waits, 0.95), most: waits.at(-1) },
  unansweredQuestions: fleet.count("cluster_away"),
}));
