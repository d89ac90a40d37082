import assert from "node:assert/strict";
import { Bench } from "../../src/lab/capacity/bench.ts";
import { LoadProcesses } from "../../src/lab/load/load_processes.ts";
import type { Step } from "../../src/lab/capacity/capacity_report.ts";

/** How much more resident memory a round may leave than the round before it. A leak leaves it every time. */
const MAX_GROWTH_BYTES = 5 * 2 ** 20;
const ROUND_CALLS = 30;
/**
 * The first round makes what is kept: the allocator's plateau, compiled code. From the second one on a round is compared with
 * the one before. What a leak leaves, it leaves every time; what a collection that has not come yet leaves, or a page that
 * the system has not taken back, it leaves once. So one that grew may be followed by another, and the last pair counts.
 */
const MAX_ROUNDS = 5;
/** Loads in which a machine that is busy with other things may keep the server from taking all calls: another one is put on. */
const MAX_REFUSED_LOADS = 4;
/** What is said of a refused call. */
const REFUSED = /^(refused|ended by the server)/;
/** Far more than a call's rings and slot take while its caller hears every answer out; far less than a resampler of its own. */
const MAX_LEDGER_BYTES = 64 * 1024;

/** Puts a load on until all of its calls were taken, and looks at that one. None may fail but by being refused. */
async function whole(bench: Bench, calls: number, round: number): Promise<Step> {
  for (let refused = 0;; refused++) {
    const step = await bench.step(calls, round);
    assertGood(step);
    if (step.failed === 0) return step;
    const failed = `${step.failed} of ${calls} calls: ${step.faults.join("; ")}`;
    assert.ok(step.faults.every((fault) => REFUSED.test(fault)), failed);
    assert.ok(refused < MAX_REFUSED_LOADS, failed);
  }
}

/** What a step leaves is nothing; while it was on, `GET /memory` told what each call cost. */
function assertGood({ calls, ledgerPerCall, rss, after }: Step): void {
  assert.ok(ledgerPerCall !== null && ledgerPerCall > 0, `${calls} calls cost ${ledgerPerCall} bytes each`);
  assert.ok(ledgerPerCall < MAX_LEDGER_BYTES, `${calls} calls cost ${ledgerPerCall} bytes each`);
  assert.ok(rss > 2 ** 20);
  assert.deepEqual([after.activeCalls, after.kernelSlots], [0, 0], `after ${calls} calls`);
}

Deno.test("a server tells what 1, 10 and 30 calls cost, and after a further round of the same calls is no larger", async () => {
  await using load = await LoadProcesses.start({
    audioFormat: "pcm24k",
    resampler: "polyphase",
    maxCalls: ROUND_CALLS,
    replySeconds: 1,
    callers: "callers",
  });
  const bench = new Bench(load, { seconds: 3, replySeconds: 1 });
  for (const calls of [1, 10]) await whole(bench, calls, 1);
  const left: number[] = [];
  const growth = () => left.length < 3 ? Infinity : left.at(-1)! - left.at(-2)!;
  for (let round = 1; round <= MAX_ROUNDS && growth() > MAX_GROWTH_BYTES; round++) {
    left.push((await whole(bench, ROUND_CALLS, round)).after.rss);
  }
  assert.ok(growth() <= MAX_GROWTH_BYTES, `resident after each round: ${left.join(", ")} bytes`);
});
