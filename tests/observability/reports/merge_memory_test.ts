import assert from "node:assert/strict";
import type { MemoryReport } from "../../../src/observability/memory/memory_report.ts";
import { mergeMemory } from "../../../src/observability/reports/merge_memory.ts";

const LAG = { meanMs: 1, p99Ms: 3, maxMs: 9, samples: 10 };

const REPORT: MemoryReport = {
  rss: 60,
  heapTotal: 20,
  heapUsed: 10,
  external: 1,
  rssAnon: 25,
  limit: 500,
  activeCalls: 0,
  peakCalls: 3,
  totalCalls: 7,
  baselineRss: 55,
  perCall: null,
  kernelSlots: 0,
  services: [],
  pressure: "none",
  alarms: [],
  cpuSeconds: 2,
  loopLag: LAG,
};

Deno.test("mergeMemory() adds amounts up, weighs means, and gives the worst of what is watched", () => {
  const { workers, ...merged } = mergeMemory([
    {
      worker: 0,
      answer: { ...REPORT, activeCalls: 1, perCall: { process: 100, ledger: 10 }, alarms: ["growth"] },
    },
    {
      worker: 1,
      answer: {
        ...REPORT,
        activeCalls: 3,
        perCall: { process: 200, ledger: 30 },
        pressure: "trim",
        alarms: ["growth"],
        loopLag: { meanMs: 4, p99Ms: 30, maxMs: 31, samples: 20 },
      },
    },
  ]);
  assert.deepEqual(merged, {
    ...REPORT,
    rss: 120,
    heapTotal: 40,
    heapUsed: 20,
    external: 2,
    rssAnon: 50,
    limit: 1000,
    activeCalls: 4,
    peakCalls: 6,
    totalCalls: 14,
    baselineRss: 110,
    perCall: { process: 175, ledger: 25 },
    pressure: "trim",
    alarms: ["growth"],
    cpuSeconds: 4,
    loopLag: { meanMs: 3, p99Ms: 30, maxMs: 31, samples: 30 },
  });
  assert.deepEqual(workers.map(({ worker }) => worker), [0, 1]);
});

Deno.test("mergeMemory() leaves out who did not answer, and what one does not know", () => {
  const { workers, ...merged } = mergeMemory([
    { worker: 0, answer: { ...REPORT, limit: null } },
    { worker: 1, missing: "is not running" },
    { worker: 2, answer: REPORT },
  ]);
  assert.equal(merged.rss, 120);
  assert.equal(merged.limit, null);
  assert.equal(merged.perCall, null);
  assert.deepEqual(workers[1], { worker: 1, missing: "is not running" });
  assert.equal("missing" in workers[2] ? 0 : workers[2].rss, 60);
});
