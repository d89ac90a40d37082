import { type Handler, json } from "../http/router.ts";
import type { MemoryMonitor } from "../lifecycle/memory_monitor.ts";
import type { MemoryReport } from "../lifecycle/memory_report.ts";
import type { Pressure } from "../lifecycle/memory_pressure.ts";
import type { Siblings } from "./siblings.ts";

/** Where a worker tells its siblings of its own memory. */
export const MEMORY_PATH = "/memory";

/** One worker in the answer: its own report, or why there is none. */
export type WorkerMemory = ({ worker: number } & MemoryReport) | { worker: number; missing: string };

/** `GET /memory` of a server of several workers: sums over those that answered, and each of them. */
export interface MergedMemory extends MemoryReport {
  workers: readonly WorkerMemory[];
}

/** `GET /memory`, whichever worker it meets. */
export function memoryOfAll(monitor: MemoryMonitor, siblings: Siblings): Handler {
  return async () => {
    const [own, others] = await Promise.all([
      monitor.report(),
      siblings.ask<MemoryReport>(MEMORY_PATH),
    ]);
    const workers: WorkerMemory[] = [
      { worker: siblings.self, ...own },
      ...others.map((found) => "answer" in found ? { worker: found.worker, ...found.answer } : found),
    ];
    workers.sort((a, b) => a.worker - b.worker);
    return json(200, { ...mergeMemory(workers), workers } satisfies MergedMemory);
  };
}

const PRESSURES: readonly Pressure[] = ["none", "trim", "close_idle"];

/**
 * The memory of all workers as if they were one process. Amounts are added up; pages that workers share count in each `rss`.
 * `peakCalls` is the sum of the workers' own peaks, which need not have been at the same time. Of the event loops' lag the
 * worst is given, of pressure the highest.
 */
export function mergeMemory(workers: readonly WorkerMemory[]): MemoryReport {
  const reports = workers.flatMap((worker): MemoryReport[] => "missing" in worker ? [] : [worker]);
  const sum = (of: (report: MemoryReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const sumKnown = (of: (report: MemoryReport) => number | null) =>
    reports.some((report) => of(report) === null) ? null : sum((report) => of(report)!);
  const worst = (of: (report: MemoryReport) => number) =>
    reports.reduce((most, report) => Math.max(most, of(report)), 0);
  const activeCalls = sum((report) => report.activeCalls);
  const perCall = (of: "process" | "ledger") =>
    Math.round(sum((report) => (report.perCall?.[of] ?? 0) * report.activeCalls) / activeCalls);
  const samples = sum(({ loopLag }) => loopLag.samples);
  return {
    rss: sum(({ rss }) => rss),
    heapTotal: sum(({ heapTotal }) => heapTotal),
    heapUsed: sum(({ heapUsed }) => heapUsed),
    external: sum(({ external }) => external),
    rssAnon: sumKnown(({ rssAnon }) => rssAnon),
    limit: sumKnown(({ limit }) => limit),
    activeCalls,
    peakCalls: sum(({ peakCalls }) => peakCalls),
    totalCalls: sum(({ totalCalls }) => totalCalls),
    baselineRss: sum(({ baselineRss }) => baselineRss),
    perCall: activeCalls === 0 ? null : { process: perCall("process"), ledger: perCall("ledger") },
    kernelSlots: sum(({ kernelSlots }) => kernelSlots),
    services: reports.flatMap(({ services }) => services),
    pressure: PRESSURES[worst(({ pressure }) => PRESSURES.indexOf(pressure))],
    alarms: [...new Set(reports.flatMap(({ alarms }) => alarms))],
    cpuSeconds: sumKnown(({ cpuSeconds }) => cpuSeconds),
    loopLag: {
      meanMs: samples === 0 ? 0 : sum(({ loopLag }) => loopLag.meanMs * loopLag.samples) / samples,
      p99Ms: worst(({ loopLag }) => loopLag.p99Ms),
      maxMs: worst(({ loopLag }) => loopLag.maxMs),
      samples,
    },
  };
}
