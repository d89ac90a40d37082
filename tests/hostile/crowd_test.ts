import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { sleep } from "../../src/util/clock.ts";
import { eventually } from "../support/eventually.ts";
import { StallWatch } from "../support/stall_watch.ts";
import { HostileCrowd } from "./hostile_crowd.ts";
import { HOSTILE_KINDS } from "./hostile_kinds.ts";
import { HostileRig } from "./hostile_rig.ts";

const CALLS = 50;
/** Attackers of each kind at a time: more than a hundred in all. */
const OF_EACH_KIND = 4;
const ALONE_MS = 4_000;
const ATTACK_MS = 10_000;
/** What the attack may cost in memory. */
const MAX_MORE_BYTES = 64 * 2 ** 20;
/** Longest gap that a caller may hear, where the machine is not to blame. */
const MAX_GAP_MS = 100;
/** So soon the server has closed what it refuses, not counting how long it and this process waited for a processor. */
const REFUSED_MS = 3_000;
/** So soon after the attackers have gone nothing is left of them. */
const GONE_MS = 3_000;
/** So soon after the last call stubborn WebSockets are gone: the listener counts one after five seconds. */
const RENEWED_MS = 12_000;
/** A caller takes an answer for over so long after its last sound: no gap that the machine makes is spoken into. */
const QUIET_MS = 3_000;
const FRAME_MS = 20;
/** Silence that completes a turn, and how long each answer is. */
const TURN_SILENCE_MS = 500;
const REPLY_MS = 2_000;
/** A caller whom the server has no room for calls again so much later. */
const REFUSED_CALL_MS = 1_000;

/** The kinds that only a renewal of the listener ends. */
const STUBBORN = Object.keys(HOSTILE_KINDS).filter((name) => HOSTILE_KINDS[name].endedBy === "renewal");

/** The sum of a number in the server's lines of ended calls. */
function sumOf(log: string, name: string): number {
  const found = log.matchAll(new RegExp(`"event":"call_ended".*?"${name}":(\\d+)`, "g"));
  return [...found].reduce((sum, [, value]) => sum + Number(value), 0);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

Deno.test("50 calls beside 132 attackers of every kind lose no frame and hear no gap; memory stays, and the attackers are gone", async () => {
  await using rig = await HostileRig.start();
  const { clock, server, emulator } = rig;
  const target = await rig.target();
  using stalls = new StallWatch(clock);
  let untilMs = Infinity;
  let areOn = false;
  // A server on a busy machine refuses calls while it is late: they are placed again until all are on.
  const place = async (): Promise<TalkedCall> => {
    const call = await new TalkingCaller(rig.line, undefined, { quietMs: QUIET_MS }).talk(() => untilMs);
    if (areOn || call.report.outcome !== "refused") return call;
    await sleep(clock, REFUSED_CALL_MS);
    return place();
  };
  const talks: Promise<TalkedCall>[] = [];
  const sessionsBefore = emulator.sessions.length;
  for (let call = 0; call < CALLS; call++) {
    talks.push(place());
    await sleep(clock, FRAME_MS);
  }
  const started = () => server.log.match(/"call_started"/g)?.length ?? 0;
  await eventually("all calls are on", () => started() === CALLS + 1);
  areOn = true;
  const startMs = clock.now();
  const alone = await rig.most(ALONE_MS);

  const before = await rig.look();
  const othersBefore = before.descriptors - before.connections - rig.sessions;
  const beforeMs = clock.now();
  const crowd = new HostileCrowd(rig.port, target, OF_EACH_KIND);
  const attacked = await rig.most(ATTACK_MS);
  const endMs = clock.now();
  const waitedMs = (await rig.look()).waitedMs - before.waitedMs + stalls.sumBetween(beforeMs, endMs);
  if (Deno.args.includes("--show")) {
    console.table([alone, attacked]);
    console.table(Object.fromEntries(crowd.counts));
  }
  assert.deepEqual(crowd.surprises(REFUSED_MS + waitedMs), []);
  const more = attacked.rssBytes - alone.rssBytes;
  assert.ok(more < MAX_MORE_BYTES, `${Math.round(more / 2 ** 20)} MB more than without attackers`);

  const ending = rig.mostUntil(Promise.all(talks));
  // What the runtime cannot close, the attacker does. Sessions are kept ready for callers whose streams may still come.
  await crowd.leave();
  await eventually("nothing is left of the attackers", async () => {
    const now = await rig.look();
    const others = now.descriptors - now.connections - rig.sessions;
    return now.deserted === 0 && now.connections <= before.connections + 4 && others <= othersBefore + 4;
  }, GONE_MS);

  const stubborn = new HostileCrowd(rig.port, target, OF_EACH_KIND, STUBBORN);
  const isHeld = () => stubborn.open === OF_EACH_KIND * STUBBORN.length;
  await eventually("WebSockets are held", isHeld);
  stubborn.callOff();
  untilMs = 0;
  const calls = await Promise.all(talks);
  const talkedMs = clock.now();
  await eventually("the stubborn are gone when calls are", () => stubborn.open === 0, RENEWED_MS);
  await stubborn.leave();

  const waits = [alone, attacked, await ending].map(({ waitedMs }) => waitedMs);
  const machineMs = sum(waits) + stalls.longestBetween(startMs, talkedMs);
  for (const { report, unanswered } of calls) {
    assert.deepEqual(callFaults(report), []);
    assert.deepEqual([report.endedBy, report.clears, unanswered], ["caller", 0, 0]);
    const gap = report.longestUnderrunMs;
    assert.ok(
      gap <= MAX_GAP_MS + machineMs,
      `a gap of ${gap} ms; the machine stood still for ${machineMs} ms`,
    );
  }
  // The overheard call has neither said nor heard anything; no attacker has got as far as a talk.
  await eventually(
    "all calls are accounted for",
    () => server.log.match(/"call_ended"/g)?.length === CALLS + 1,
  );
  const records = emulator.sessions.slice(sessionsBefore).map(({ record }) => record);
  // Where the machine stands still, silence takes the place of frames that are late, which are then dropped.
  const missingMs = sumOf(server.log, "uplinkMissingMs");
  const saidMs = sum(calls.map(({ report }) => report.sentMs)) + missingMs;
  const lostMs = saidMs - sum(records.map(({ appended }) => appended.ms));
  assert.ok(lostMs >= 0 && lostMs <= missingMs, `the model lacks ${lostMs} ms, ${missingMs} ms were late`);
  const sentMs = sum(records.map((record) => record.sentMs));
  const heardMs = sum(calls.map(({ report }) => report.receivedMs));
  const tailsMs = heardMs - sentMs;
  const answers = sum(records.map(({ audio }) => audio.size));
  // A sentence that the machine tears in two has two answers, and its caller may hang up into the second.
  const torn = machineMs < TURN_SILENCE_MS ? 0 : answers - sum(calls.map(({ heardOut }) => heardOut));
  assert.ok(
    tailsMs >= -torn * REPLY_MS && tailsMs < answers * FRAME_MS,
    `${tailsMs} ms more than was made, in ${answers} answers`,
  );
  assert.deepEqual([sumOf(server.log, "uplinkDroppedMs"), sumOf(server.log, "downlinkDroppedMs")], [0, 0]);
  for (const event of ["webhook_refused", "stream_refused", "login_failed"]) {
    assert.ok(server.log.includes(`"event":"${event}"`), event);
  }
  assert.doesNotMatch(
    server.log,
    /"event":"(?:request_failed|stream_failed|uncaught_error|unhandled_rejection)"/,
  );
});
