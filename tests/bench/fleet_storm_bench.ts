import { parseArgs } from "node:util";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import type { CallReport } from "../../src/lab/twilio/call_report.ts";
import { burst } from "../support/fleet_burst.ts";
import { FleetProcesses, withoutRequestLimits } from "../support/fleet_processes.ts";
import { AccountedAgent } from "../support/fleet_talk.ts";

/*
 * Everything at once, from outside: three instances behind nginx under talking callers, one of them killed, others replaced,
 * and in the middle of that the database away, while new callers come and 300 call a business that may have 10 calls.
 *
 *   deno task bench:fleet-storm --away silent --seconds 60
 */

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "15" },
    /** `refused`: its process is gone. `silent`: it is stopped. */
    away: { type: "string", default: "refused" },
    seconds: { type: "string", default: "60" },
    burst: { type: "string", default: "300" },
    /** Where all that the instances logged is written, below /tmp. */
    log: { type: "string" },
  },
});
const MOST = 10;
/** No webhook takes longer while the database is away. */
const SLOW_MS = 300;
const callers = Number(values.burst);
const awayMs = 1_000 * Number(values.seconds);

await using fleet = await FleetProcesses.start({
  agent: new AccountedAgent().factory,
  business: { limits: { callsAtOnce: 90 } },
  another: {
    name: "Burst",
    numbers: ["+15550100001"],
    instructions: "Be brief.",
    limits: { callsAtOnce: MOST },
  },
  env: { DRAIN_SECONDS: "150" },
  changeNginx: withoutRequestLimits,
});
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What became of a new caller. */
interface Newcomer {
  readonly callSid: string;
  /** When it called, counted from the first. */
  readonly atMs: number;
  readonly webhookMs: number;
  readonly outcome: CallReport["outcome"];
  readonly said: readonly string[];
}

/** New callers, one every two seconds, until they are told to stop. */
async function trickle(isOver: () => boolean): Promise<Newcomer[]> {
  const startMs = performance.now();
  const over: Promise<Newcomer>[] = [];
  while (!isOver()) {
    const atMs = Math.round(performance.now() - startMs);
    const caller = new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 });
    over.push(
      caller.talk(() => 0).then(({ report: { callSid, webhookMs, outcome, said } }) => (
        { callSid, atMs, webhookMs: Math.round(webhookMs ?? Infinity), outcome, said }
      )),
    );
    await wait(2_000);
  }
  return await Promise.all(over);
}

/** How long the instances have been in the fleet, as they said last. */
async function agesMs(): Promise<number[]> {
  await using client = fleet.mongo.client();
  const instances = await client.db().collection("cluster_instances").find().toArray();
  return instances.map(({ at, startedAt }) => at.getTime() - startedAt.getTime());
}

let untilMs = Infinity;
const talks = await Promise.all(
  Array.from({ length: Number(values.calls) }, async (_, index) => {
    await wait(300 * index);
    return { over: new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs) };
  }),
);
await fleet.haveShares();
console.log(JSON.stringify({ before: await burst(fleet.line, "+15550100001", { callers, most: MOST }) }));

const replaced = fleet.replace(0); // its calls move
await wait(2_000);
const lost = fleet.servers[1].log.split('"event":"agent_ready"').length - 1;
await fleet.servers[1].kill();
const again = fleet.startAgain(1);
await wait(8_000);
await again;
const replacedLater = fleet.replace(2); // in the middle of which the database goes away
await wait(1_000);
console.log(JSON.stringify({ agesMs: await agesMs() }));
if (values.away === "silent") fleet.mongo.pause();
else await fleet.mongo.kill();
const endMs = performance.now() + awayMs;
const came = trickle(() => performance.now() > endMs);
await wait(awayMs / 4);
console.log(JSON.stringify({ away: await burst(fleet.line, "+15550100001", { callers, most: MOST }) }));
await wait(endMs - performance.now());
if (values.away === "silent") fleet.mongo.resume();
else await fleet.mongo.restart();
const newcomers = await came;
console.log(JSON.stringify({
  away: values.away,
  newCallers: newcomers.length,
  webhookMs: Math.max(...newcomers.map(({ webhookMs }) => webhookMs)),
  slow: newcomers.filter(({ webhookMs }) => webhookMs >= SLOW_MS),
  notConnected: newcomers.filter(({ outcome }) => outcome !== "connected"),
}));
const exitCodes = await Promise.all([replaced, replacedLater]);
await fleet.haveShares();
console.log(JSON.stringify({ after: await burst(fleet.line, "+15550100001", { callers, most: MOST }) }));

untilMs = 0;
const ended = await Promise.all(talks.map(({ over }) => over));
await wait(6_000);
await using client = fleet.mongo.client();
if (values.log !== undefined) await Deno.writeTextFile(values.log, fleet.log);
console.log(JSON.stringify({
  calls: ended.length,
  exitCodes,
  endedByOthers: ended.filter(({ report }) => report.endedBy !== "caller").length,
  faults: [...new Set(ended.flatMap(({ report }) => callFaults(report)))],
  killedWith: lost,
  rescued: fleet.count("call_rescued"),
  moved: fleet.count("call_moved"),
  notMoved: fleet.count("call_not_moved"),
  slotsLeft: await client.db().collection("cluster_slots").countDocuments(),
}));
