import assert from "node:assert/strict";
import { makeStep, type Step } from "../../../src/lab/capacity/capacity_report.ts";
import { takeSteps } from "../../../src/lab/capacity/measure_capacity.ts";
import type { ServerMemory } from "../../../src/lab/load/server_process.ts";
import { goodStep, LAG, MB } from "./report_rig.ts";

/** Takes steps of a bench that measures one thing after the other. */
async function taken(steps: number[], measured: Partial<Step>[], rounds = 1) {
  const tries: [calls: number, round: number][] = [];
  const bench = {
    step(calls: number, round: number): Promise<Step> {
      tries.push([calls, round]);
      return Promise.resolve(goodStep({ calls, round, ...measured[tries.length - 1] }));
    },
  };
  const result = await takeSteps(bench, { steps, rounds, memoryLimitBytes: 512 * MB, cores: 2 });
  return { ...result, tries };
}

const LATE: Partial<Step> = { longestGapMs: 70 };

Deno.test("takeSteps() takes a step that was late once more, and goes on when it is good then", async () => {
  const { tries, stopped, repeated } = await taken([1, 2], [{}, LATE, {}]);
  assert.deepEqual(tries, [[1, 1], [2, 1], [2, 1]]);
  assert.equal(stopped, null);
  assert.match(repeated.join(), /^A frame came 70 ms late inside an answer at 2 calls/);
});

Deno.test("takeSteps() ends with a step that was late twice, or that lost a call once", async () => {
  assert.deepEqual((await taken([1, 2], [LATE, LATE])).tries, [[1, 1], [1, 1]]);
  const { tries, stopped } = await taken([1, 2, 3], [{}, { failed: 1, faults: ["refused"] }]);
  assert.deepEqual(tries, [[1, 1], [2, 1]]);
  assert.equal(stopped, "1 failed at 2 calls: refused.");
});

Deno.test("takeSteps() takes each step in as many rounds as are wanted", async () => {
  assert.deepEqual((await taken([1, 2], [], 2)).tries, [[1, 1], [1, 2], [2, 1], [2, 2]]);
});

Deno.test("takeSteps() holds answers against those of the first good step, not of one that was late itself", async () => {
  const late = { ...LATE, answerMs: { p50: 90, p99: 100 } };
  const good = { answerMs: { p50: 20, p99: 25 } };
  const slow = { answerMs: { p50: 85, p99: 90 } };
  const { stopped } = await taken([1, 2], [late, good, slow, slow]);
  assert.match(stopped ?? "", /^The median answer began 65 ms later than usual at 2 calls/);
});

Deno.test("makeStep() parts what a call takes to set up from what it takes once it is up", () => {
  const memory = { ...goodStep(), perCall: null, activeCalls: 0, kernelSlots: 0 };
  const at = (cpuSeconds: number | null): ServerMemory => ({ ...memory, cpuSeconds });
  const helper = { lag: LAG, cpuSeconds: 1 };
  const model = { ...helper, stats: { sessionsOpen: 0, appendedMs: 0, deltaAudioMs: 0 } };
  const readings = {
    calls: 10,
    round: 1,
    idle: { rss: 60 * MB, rssAnon: 20 * MB },
    before: at(1),
    // ten calls that were up for 2 s each, at 0.002 of a core, and took 5 ms each to set up
    start: at(1 + 10 * (2 * 0.002 + 0.005)),
    upSeconds: 20,
    end: at(1 + 10 * (2 * 0.002 + 0.005) + 10 * 10 * 0.002),
    seconds: 10,
    after: at(2),
    callers: { ...helper, ...goodStep(), sentMs: 1, receivedMs: 1 },
    callersBefore: { cpuSeconds: 0 },
    modelBefore: model,
    modelAfter: model,
    wholeSeconds: 15,
  };
  const { setUpMs, cpuPerCall } = makeStep(readings);
  assert.deepEqual([setUpMs, cpuPerCall], [5, 0.002]);
  assert.equal(makeStep({ ...readings, before: at(null) }).setUpMs, null);
});
