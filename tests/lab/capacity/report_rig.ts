import type { LagReport } from "../../../src/observability/loop_lag.ts";
import type { CapacityReport, Step } from "../../../src/lab/capacity/capacity_report.ts";

export const MB = 2 ** 20;
export const LAG: LagReport = { meanMs: 0.5, p99Ms: 2, maxMs: 3, samples: 120 };

/** A step in which all went well. */
export function goodStep(changes: Partial<Step> = {}): Step {
  return {
    calls: 10,
    round: 1,
    rss: 66.5 * MB,
    rssAnon: 25 * MB,
    heapUsed: 8 * MB,
    heapTotal: 10 * MB,
    external: MB,
    rssPerCall: 100 * 1024,
    rssAnonPerCall: 80 * 1024,
    ledgerPerCall: 2 * 1024,
    cpuPerCall: 0.002,
    setUpMs: 5,
    loopLag: LAG,
    webhookMs: { p50: 2, p99: 4 },
    firstAudioMs: { p50: 40, p99: 60 },
    answerMs: { p50: 20, p99: 25 },
    answers: 30,
    gaps: 0,
    longestGapMs: 0,
    deliveredUp: 1,
    deliveredDown: 1.001,
    lostUpMsPerCall: 0,
    failed: 0,
    faults: [],
    callersLag: LAG,
    modelLag: LAG,
    helperCores: 0.1,
    after: { rss: 65 * MB, rssAnon: 24 * MB, activeCalls: 0, kernelSlots: 0 },
    ...changes,
  };
}

export function report(changes: Partial<CapacityReport> = {}): CapacityReport {
  return {
    version: "1.2.3",
    deno: "2.9.6",
    v8: "14",
    isExecutable: false,
    cores: 2,
    format: "pcm24k",
    resampler: "polyphase",
    serverCpu: null,
    secondsPerStep: 12,
    idle: { rss: 60 * MB, rssAnon: 20 * MB, heapUsed: 7 * MB, external: MB },
    steps: [goodStep({ calls: 1, rss: 62 * MB }), goodStep(), goodStep({ round: 2, rss: 67 * MB })],
    repeated: [],
    stopped: null,
    ...changes,
  };
}
