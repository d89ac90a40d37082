import assert from "node:assert/strict";
import { callFaults } from "../../../src/lab/call/calls_summary.ts";
import { type TalkedCall, TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");

function fleetTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

/**
 * The runtime may lose the code of a close while it reads another message. Twilio notes that, and asks what
 * comes next all the same.
 */
const NO_CLOSE_FRAME = "31903 ";

/** The call went on to its own end. */
function assertWhole({ report, unanswered }: TalkedCall): void {
  assert.deepEqual(callFaults(report).filter((fault) => !fault.startsWith(NO_CLOSE_FRAME)), []);
  assert.equal(report.endedBy, "caller");
  assert.equal(unanswered, 0);
}

fleetTest(
  "Three instances are replaced one after another while callers talk: no call ends, and each is one record",
  async () => {
    const CALLS = 9;
    await using fleet = await FleetProcesses.start();
    let untilMs = Infinity;
    const callers = Array.from({ length: CALLS }, () => new TalkingCaller(fleet.line));
    const talks = callers.map((caller) => caller.talk(() => untilMs));
    await eventually("all talk", () => fleet.count("agent_ready") === CALLS, 20_000);
    for (const index of [0, 1, 2]) assert.equal(await fleet.replace(index), 0);
    untilMs = 0;
    const calls = await Promise.all(talks);
    calls.forEach(assertWhole);
    assert.ok(fleet.count("call_moved") >= CALLS, `${fleet.count("call_moved")} calls were moved`);
    assert.equal(fleet.count("call_not_moved"), 0);
  },
);
