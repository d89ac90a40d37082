import { parseArgs } from "node:util";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { FleetProcesses } from "../support/fleet_processes.ts";
import {
  AccountedAgent,
  type HeardMoves,
  heardPauses,
  pausesIn,
  quantile,
  silences,
} from "../support/fleet_talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

/*
 * Three instances behind nginx with the tests' MongoDB, calls with talk, and 100 ms each way to the model: what a call costs
 * the database, then all instances are replaced one after another, and what callers noticed of it.
 *
 *   deno task bench:fleet --calls 60 --rounds 2
 */

const IDLE_MS = 20_000;
const BETWEEN_CALLS_MS = 250;
const KINDS = ["reads", "writes", "batches"] as const;
/** As the database counts them: the last four write. */
const DATABASE_COMMANDS = ["find", "aggregate", "insert", "update", "delete", "findAndModify"] as const;

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
await using tool = new ToolEndpoint(() => ({ found: true }), 300);
await using fleet = await FleetProcesses.start({
  agent: agent.factory,
  business: {
    limits: { callsAtOnce: calls },
    tools: { http: [tool.fields("look_up")] },
  },
  // nginx lets one address have so many requests: all callers are at one here.
  env: { DRAIN_SECONDS: "120", PRIVATE_HOSTS: tool.host },
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Commands that the database itself has counted so far, by name. */
async function commands(): Promise<Record<string, number>> {
  await using client = fleet.mongo.client();
  const { metrics } = await client.db().admin().command({ serverStatus: 1 });
  const counted = Object.entries(metrics.commands as Record<string, { total?: number }>)
    .map(([name, { total = 0 }]) => [name, Number(total)]);
  return Object.fromEntries(counted);
}

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
  const commandsBefore = await commands();
  const startMs = performance.now();
  await Promise.all([work(), wait(ms)]);
  const after = await operations();
  const commandsAfter = await commands();
  const tookMs = performance.now() - startMs;
  const [reads, writes, batches] = KINDS.map((kind) => after[kind] - before[kind]);
  const counted = Object.fromEntries(
    DATABASE_COMMANDS.map((name) => [name, (commandsAfter[name] ?? 0) - (commandsBefore[name] ?? 0)]),
  );
  return { reads, writes, batches, tookMs, counted };
}

type Heard = { call: TalkedCall; moves: HeardMoves };

async function place(count: number, untilMs: () => number): Promise<Promise<Heard>[]> {
  const talks: Promise<Heard>[] = [];
  for (let call = 0; call < count; call++) {
    const caller = new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 });
    talks.push(caller.talk(untilMs).then((call) => ({ call, moves: heardPauses(caller, call) })));
    await wait(BETWEEN_CALLS_MS);
  }
  return talks;
}

/** CPU time that processes have used, and the children of the others, in hundredths of a second, in the same order. */
async function cpuTicks(pids: readonly number[]): Promise<number[]> {
  // Asked of a shell: the tests may not read /proc. This process's children are the others.
  const script = `for pid in ${pids.join(" ")}; do
    [ $pid = ${Deno.pid} ] && all=$pid || all="$pid $(cat /proc/$pid/task/$pid/children 2>&-)"
    for one in $all; do sed 's/.*)//' /proc/$one/stat 2>&-; done | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'
  done`;
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map(Number);
}

/** Shares of a core that each kind of process uses, sampled every two seconds until `stop` is called. */
function coreShares(): { stop(): Record<string, { mean: number; most: number }> } {
  const before = new Map<number, number>();
  const samples = new Map<string, number[]>();
  let atMs = performance.now();
  const sample = async () => {
    const kinds = Object.entries({ ...fleet.pids, callersAndModel: [Deno.pid] });
    const ticks = await cpuTicks(kinds.flatMap(([, pids]) => pids));
    const seconds = (performance.now() - atMs) / 1_000;
    atMs = performance.now();
    for (const [kind, pids] of kinds) {
      const used = pids.reduce((sum, pid) => {
        const now = ticks.shift()!;
        const more = now - (before.get(pid) ?? now);
        before.set(pid, now);
        return sum + Math.max(0, more);
      }, 0);
      samples.set(kind, [...samples.get(kind) ?? [], used / 100 / seconds]);
    }
  };
  void sample();
  const timer = setInterval(() => void sample(), 2_000);
  return {
    stop() {
      clearInterval(timer);
      return Object.fromEntries([...samples].map(([kind, [, ...shares]]) => [kind, {
        mean: rounded(shares.reduce((sum, share) => sum + share, 0) / shares.length),
        most: rounded(Math.max(...shares)),
      }]));
    },
  };
}

/** What the records of the calls lack: calls without a record of their own, and words that none of them has. */
async function missingInRecords(talked: readonly TalkedCall[], heard: readonly string[]) {
  const words: string[] = [];
  let records = 0;
  for (const { report: { callSid } } of talked) {
    for (let tries = 0; tries < 40; tries++) {
      const answer = await fleet.get(-1, `/records?call=${callSid}`);
      const record = answer.ok ? await answer.json() : void await answer.body?.cancel();
      if (record?.reason === "caller_hung_up") {
        records++;
        for (const { kind, text } of record.transcript) if (kind === "user") words.push(text);
        break;
      }
      await wait(500);
    }
  }
  const left = new Set(words);
  return { records: talked.length - records, words: heard.filter((text) => !left.has(text)).length };
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
  countedByDatabase: Object.fromEntries(DATABASE_COMMANDS.map((name) => [
    name,
    rounded((ordinary.counted[name] - idle.counted[name] * ordinary.tookMs / idle.tookMs) / calls),
  ])),
}));

let untilMs = Infinity;
const heardBefore = agent.heard.length;
const talks = await place(calls, () => untilMs);
const codes: number[] = [];
const startMs = performance.now();
const cores = coreShares();
for (let round = 0; round < rounds; round++) {
  for (const index of fleet.servers.keys()) codes.push(await fleet.replace(index));
}
const coresOf = cores.stop();
untilMs = 0;
const all = await Promise.all(talks);
const ended = all.map(({ call }) => call);
const heardMs = silences(all.map(({ moves }) => moves));
const betweenMs = all.flatMap(({ moves }) => moves.betweenStreams).map(Math.round).sort((a, b) => a - b);
const ran = tool.requests.map(({ body }) => JSON.parse(body).arguments?.id ?? JSON.parse(body).id);
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
  heardMs: { median: quantile(heardMs, 0.5), p95: quantile(heardMs, 0.95), most: heardMs.at(-1) },
  betweenStreamsMs: {
    median: quantile(betweenMs, 0.5),
    p95: quantile(betweenMs, 0.95),
    most: betweenMs.at(-1),
  },
  pauseMs: { median: quantile(pauses, 0.5), p95: quantile(pauses, 0.95), most: pauses.at(-1) },
  waitedForRestMs: { median: quantile(waits, 0.5), p95: quantile(waits, 0.95), most: waits.at(-1) },
  missing: await missingInRecords(ended, agent.heard.slice(heardBefore)),
  tools: { called: agent.called.length, ran: ran.length, twice: ran.length - new Set(ran).size },
  clusterAway: fleet.count("cluster_away"),
  cores: coresOf,
}));
