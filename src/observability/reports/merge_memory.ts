import type { MemoryReport } from "../memory/memory_report.ts";
import { PRESSURES } from "../memory/memory_pressure.ts";
import { receivedAnswers, total, totalKnown, type WorkerAnswer, worst } from "./worker_answers.ts";

/** `GET /memory` of several workers: sums over those that answered, and each one. */
export interface MergedMemory extends MemoryReport {
  workers: readonly (MemoryReport & { worker: number } | { worker: number; missing: string })[];
}

/**
 * The memory of all workers as if they were one process. Amounts add up; pages that workers share count in
 * each `rss`. `peakCalls` is the sum of the workers' own peaks, which may have been at different times. Lag
 * is that of the worst event loop, pressure the highest.
 */
export function mergeMemory(workers: readonly WorkerAnswer<MemoryReport>[]): MergedMemory {
  const all = receivedAnswers(workers);
  const activeCalls = total(all, (each) => each.activeCalls);
  const perCall = (of: "process" | "ledger") =>
    Math.round(total(all, (each) => (each.perCall?.[of] ?? 0) * each.activeCalls) / activeCalls);
  const samples = total(all, ({ loopLag }) => loopLag.samples);
  return {
    rss: total(all, ({ rss }) => rss),
    heapTotal: total(all, ({ heapTotal }) => heapTotal),
    heapUsed: total(all, ({ heapUsed }) => heapUsed),
    external: total(all, ({ external }) => external),
    rssAnon: totalKnown(all, ({ rssAnon }) => rssAnon),
    limit: totalKnown(all, ({ limit }) => limit),
    activeCalls,
    peakCalls: total(all, ({ peakCalls }) => peakCalls),
    totalCalls: total(all, ({ totalCalls }) => totalCalls),
    baselineRss: total(all, ({ baselineRss }) => baselineRss),
    perCall: activeCalls === 0 ? null : { process: perCall("process"), ledger: perCall("ledger") },
    kernelSlots: total(all, ({ kernelSlots }) => kernelSlots),
    services: all.flatMap(({ services }) => services),
    pressure: PRESSURES[worst(all, ({ pressure }) => PRESSURES.indexOf(pressure))],
    alarms: [...new Set(all.flatMap(({ alarms }) => alarms))],
    cpuSeconds: totalKnown(all, ({ cpuSeconds }) => cpuSeconds),
    loopLag: {
      meanMs: samples === 0 ? 0 : total(all, ({ loopLag }) => loopLag.meanMs * loopLag.samples) / samples,
      p99Ms: worst(all, ({ loopLag }) => loopLag.p99Ms),
      maxMs: worst(all, ({ loopLag }) => loopLag.maxMs),
      samples,
    },
    workers: workers.map((each) => "answer" in each ? { worker: each.worker, ...each.answer } : each),
  };
}
