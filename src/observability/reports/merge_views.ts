import { type DashboardPast, type DashboardView, MAX_CALLS_SHOWN } from "./dashboard_data.ts";
import type { CallsReport } from "./reports.ts";
import { MAX_ALARM_EVENTS } from "../memory/memory_alarms.ts";
import type { MemorySample } from "../memory/memory_samples.ts";
import { PRESSURES } from "../memory/memory_pressure.ts";
import {
  missingWorkers,
  receivedAnswers,
  total,
  totalKnown,
  type WorkerAnswer,
  worst,
} from "./worker_answers.ts";

/** Workers sample at different times: a sample stands for its worker for this long. */
const SAMPLE_STANDS_MS = 60_000;

/** `GET /calls` of all workers. */
export function mergeCalls(workers: readonly WorkerAnswer<CallsReport>[]): CallsReport {
  const calls = receivedAnswers(workers).flatMap(({ calls }) => calls);
  calls.sort((a, b) => a.startedAtEpochMs - b.startedAtEpochMs);
  return { calls, missing: missingWorkers(workers) };
}

/** The dashboard's past of all workers, at the times of the first worker's samples. */
export function mergePast(workers: readonly WorkerAnswer<DashboardPast>[]): DashboardPast {
  const [first, ...others] = receivedAnswers(workers).map(({ samples }) => samples);
  const samples = (first ?? []).map((sample) => {
    const atThatTime = others.flatMap((each) =>
      each.findLast(({ epochMs }) =>
        epochMs <= sample.epochMs && epochMs > sample.epochMs - SAMPLE_STANDS_MS
      ) ?? []
    );
    return mergeSamples([sample, ...atThatTime], sample.epochMs);
  });
  return { samples };
}

/** The dashboard's view of all workers. The server is open as long as one of them takes calls. */
export function mergeViews(workers: readonly WorkerAnswer<DashboardView>[]): DashboardView {
  const all = receivedAnswers(workers);
  const admissions = all.map(({ admission }) => admission);
  const calls = all.flatMap(({ calls }) => calls);
  calls.sort((a, b) => b.startedAtEpochMs - a.startedAtEpochMs);
  const held = total(all, ({ perCall, sample }) => (perCall ?? 0) * sample.activeCalls);
  const sample = mergeSamples(all.map(({ sample }) => sample), worst(all, ({ sample }) => sample.epochMs));
  const events = all.flatMap(({ alarms }) => alarms.events);
  events.sort((a, b) => a.epochMs - b.epochMs);
  return {
    sample,
    limit: totalKnown(all, ({ limit }) => limit),
    peakCalls: total(all, ({ peakCalls }) => peakCalls),
    totalCalls: total(all, ({ totalCalls }) => totalCalls),
    perCall: sample.activeCalls === 0 ? null : held / sample.activeCalls,
    lagMs: worst(all, ({ lagMs }) => lagMs),
    admission: {
      state: admissions.some(({ state }) => state === "open") ? "open" : admissions[0]?.state ?? "open",
      live: total(admissions, ({ live }) => live),
      reserved: total(admissions, ({ reserved }) => reserved),
      refused: total(admissions, ({ refused }) => refused),
    },
    alarms: {
      active: [...new Set(all.flatMap(({ alarms }) => alarms.active))],
      events: events.slice(-MAX_ALARM_EVENTS),
    },
    pressure: PRESSURES[worst(all, ({ pressure }) => PRESSURES.indexOf(pressure))],
    calls: calls.slice(0, MAX_CALLS_SHOWN),
    moreCalls: total(all, ({ moreCalls }) => moreCalls) + Math.max(0, calls.length - MAX_CALLS_SHOWN),
    missing: missingWorkers(workers),
    ...all[0]?.instances && { instances: all[0].instances },
  };
}

function mergeSamples(samples: readonly MemorySample[], epochMs: number): MemorySample {
  return {
    epochMs,
    rss: total(samples, ({ rss }) => rss),
    rssAnon: totalKnown(samples, ({ rssAnon }) => rssAnon),
    heapUsed: total(samples, ({ heapUsed }) => heapUsed),
    activeCalls: total(samples, ({ activeCalls }) => activeCalls),
  };
}
