import type { SoakReport, SoakRound, SoakSample } from "../../../src/lab/soak/soak_report.ts";
import { hourlyGrowth, objectBytes } from "../../../src/lab/soak/judge_soak.ts";

export const MB = 2 ** 20;

/** Samples of half an hour, five seconds apart, with anonymous memory as `anonMb` has it by the minute. */
export function samplesOf(anonMb: (minutes: number) => number): SoakSample[] {
  return Array.from({ length: 360 }, (_, index) => ({
    seconds: 5 * (index + 1),
    rss: 100 * MB,
    rssAnon: anonMb(5 * (index + 1) / 60) * MB,
    heapTotal: 16 * MB,
    heapUsed: 12 * MB,
    external: MB,
    activeCalls: 50,
    lateMs: 2.5,
  }));
}

/** Collected every 40 s: memory that rises by 4 MB and falls back. */
export const sawtooth = (minutes: number): number => 36 + 4 * ((60 * minutes) % 40) / 40;

/** A round in which all went well. */
export function goodRound(changes: Partial<SoakRound> = {}): SoakRound {
  const samples = changes.samples ?? samplesOf(sawtooth);
  return {
    round: 1,
    samples,
    growth: hourlyGrowth(samples, 600),
    objectGrowth: hourlyGrowth(samples, 600, objectBytes),
    fromSeconds: 600,
    endAnon: 38 * MB,
    callers: {
      calls: 949,
      refused: 0,
      failed: 0,
      faults: [],
      sentMs: 1e8,
      receivedMs: 6e7,
      answers: 20_000,
      cutOff: 4000,
      hangUps: 237,
      longestGapMs: 0,
      lag: { meanMs: 1, p99Ms: 3, maxMs: 20, samples: 18_000 },
    },
    lostUpMsPerCall: 3,
    cores: 0.15,
    after: { rss: 90 * MB, rssAnon: 36 * MB, activeCalls: 0, kernelSlots: 0, sessionsOpen: 0 },
    ...changes,
  };
}

export function goodReport(changes: Partial<SoakReport> = {}): SoakReport {
  return {
    version: "1.2.3",
    deno: "2.9.6",
    isExecutable: false,
    cores: 2,
    format: "pcm24k",
    resampler: "polyphase",
    calls: 50,
    everySeconds: 2,
    minutes: 30,
    maxGrowth: MB,
    idle: { rss: 62 * MB, rssAnon: 21 * MB },
    rounds: [goodRound(), goodRound({ round: 2 })],
    warnings: {},
    faults: [],
    ...changes,
  };
}
