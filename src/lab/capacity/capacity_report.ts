import type { HelperLoad } from "../load/helper_process.ts";
import type { ModelReport } from "../load/model_process.ts";
import type { ServerMemory } from "../load/server_process.ts";
import type { ProgramFacts } from "../load/load_processes.ts";
import type { LagReport } from "../../observability/loop_lag.ts";

/** Median and 99th percentile in milliseconds; null when nothing was measured. */
export interface Spread {
  p50: number | null;
  p99: number | null;
}

/** What the callers' process tells when its calls are over. */
export interface CallersReport extends HelperLoad {
  /** Calls that broke a rule, were refused, or heard nothing, and why (the first few). */
  failed: number;
  faults: string[];
  /** Audio of all calls. */
  sentMs: number;
  receivedMs: number;
  /** Gaps inside answers, and the longest. */
  gaps: number;
  longestGapMs: number;
  webhookMs: Spread;
  /** From a stream's `start` to the greeting. */
  firstAudioMs: Spread;
  /** From the frame that completes a turn to the first frame of its answer. */
  answerMs: Spread;
  answers: number;
}

/** One load of so many calls at once. Bytes and milliseconds. */
export interface Step {
  calls: number;
  /** Counts from 1. */
  round: number;
  rss: number;
  rssAnon: number | null;
  heapUsed: number;
  heapTotal: number;
  external: number;
  /** Growth since the idle server, divided by the calls. */
  rssPerCall: number;
  rssAnonPerCall: number | null;
  /** What the calls themselves hold. */
  ledgerPerCall: number | null;
  /** Share of one core that a call takes once it is up; null where CPU time is not told. */
  cpuPerCall: number | null;
  /**
   * Milliseconds of a core that it took to set a call up: what was used until all were up, beyond what calls
   * that are up use. The first greeting, which is talk without a pause, is part of it.
   */
  setUpMs: number | null;
  loopLag: LagReport;
  webhookMs: Spread;
  firstAudioMs: Spread;
  answerMs: Spread;
  answers: number;
  gaps: number;
  longestGapMs: number;
  /** Audio that came through, as a fraction of what was sent; 1 is all of it. */
  deliveredUp: number;
  deliveredDown: number;
  /** Caller audio of a call that did not come through, in milliseconds. */
  lostUpMsPerCall: number;
  failed: number;
  faults: string[];
  callersLag: LagReport;
  modelLag: LagReport;
  /**
   * Cores that callers and model used together, from the first call to the last; null where CPU time is not
   * told.
   */
  helperCores: number | null;
  /** Some time after the calls. */
  after: Pick<ServerMemory, "rss" | "rssAnon" | "activeCalls" | "kernelSlots">;
}

/** Everything that `slimline capacity` found out. */
export interface CapacityReport extends ProgramFacts {
  v8: string;
  /** The core that the server was bound to; null when to none. */
  serverCpu: number | null;
  secondsPerStep: number;
  /** Before the first call. */
  idle: { rss: number; rssAnon: number | null; heapUsed: number; external: number };
  steps: Step[];
  /** Why steps were taken once more: limits of time that the second attempt did not meet again. */
  repeated: string[];
  /** Why no further step was taken; null when all were. */
  stopped: string | null;
  /** For how many instances of a fleet it is to be computed what they hold. Default: for none. */
  instances?: number;
}

/** Median and 99th percentile by nearest rank. Sorts `values`. */
export function spread(values: number[]): Spread {
  if (values.length === 0) return { p50: null, p99: null };
  values.sort((a, b) => a - b);
  const at = (share: number) => Math.round(10 * values[Math.ceil(share * values.length) - 1]) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}

/** The readings that a step is made of. */
export interface StepReadings {
  calls: number;
  round: number;
  /** The server before any call. */
  idle: Pick<ServerMemory, "rss" | "rssAnon">;
  /** Before the first call of the step. */
  before: Cpu;
  /** From then to `start` the calls were up for so long, all together. */
  upSeconds: number;
  /** At both ends of the time in which all calls are up. */
  start: ServerMemory;
  end: ServerMemory;
  /** Between the two, in seconds. */
  seconds: number;
  after: ServerMemory;
  callers: CallersReport;
  /** CPU time of the callers' process before the step. */
  callersBefore: Pick<HelperLoad, "cpuSeconds">;
  modelBefore: ModelReport;
  modelAfter: ModelReport;
  /** From the first call to the end of the last, in seconds. */
  wholeSeconds: number;
}

/** Makes a step of its readings. Memory is that of the fuller end. */
export function makeStep(readings: StepReadings): Step {
  const { calls, round, idle, start, end, seconds, after, callers, modelBefore, modelAfter } = readings;
  const full = end.rss >= start.rss ? end : start;
  const appendedMs = modelAfter.stats.appendedMs - modelBefore.stats.appendedMs;
  const madeMs = modelAfter.stats.deltaAudioMs - modelBefore.stats.deltaAudioMs;
  const cpu = coresUsed(start, end, seconds);
  const callersCpu = coresUsed(readings.callersBefore, callers, readings.wholeSeconds);
  const modelCpu = coresUsed(modelBefore, modelAfter, readings.wholeSeconds);
  return {
    calls,
    round,
    rss: full.rss,
    rssAnon: full.rssAnon,
    heapUsed: full.heapUsed,
    heapTotal: full.heapTotal,
    external: full.external,
    rssPerCall: Math.round((full.rss - idle.rss) / calls),
    rssAnonPerCall: full.rssAnon === null || idle.rssAnon === null
      ? null
      : Math.round((full.rssAnon - idle.rssAnon) / calls),
    ledgerPerCall: full.perCall?.ledger ?? null,
    cpuPerCall: cpu === null ? null : cpu / calls,
    setUpMs: setUpMs(readings, cpu),
    loopLag: end.loopLag,
    webhookMs: callers.webhookMs,
    firstAudioMs: callers.firstAudioMs,
    answerMs: callers.answerMs,
    answers: callers.answers,
    gaps: callers.gaps,
    longestGapMs: callers.longestGapMs,
    deliveredUp: fraction(appendedMs, callers.sentMs),
    deliveredDown: fraction(callers.receivedMs, madeMs),
    lostUpMsPerCall: (callers.sentMs - appendedMs) / calls,
    failed: callers.failed,
    faults: callers.faults,
    callersLag: callers.lag,
    modelLag: modelAfter.lag,
    helperCores: callersCpu === null || modelCpu === null ? null : callersCpu + modelCpu,
    after: {
      rss: after.rss,
      rssAnon: after.rssAnon,
      activeCalls: after.activeCalls,
      kernelSlots: after.kernelSlots,
    },
  };
}

/** @param cores that all calls use once they are up */
function setUpMs({ before, start, upSeconds, calls }: StepReadings, cores: number | null): number | null {
  if (before.cpuSeconds === null || start.cpuSeconds === null || cores === null) return null;
  const talkSeconds = cores / calls * upSeconds;
  return Math.round(1e5 * (start.cpuSeconds - before.cpuSeconds - talkSeconds) / calls) / 100;
}

function fraction(came: number, sent: number): number {
  return sent === 0 ? 0 : Math.round(10_000 * came / sent) / 10_000;
}

type Cpu = Pick<HelperLoad, "cpuSeconds">;

function coresUsed(before: Cpu, after: Cpu, seconds: number): number | null {
  if (before.cpuSeconds === null || after.cpuSeconds === null) return null;
  return Math.round(1e5 * (after.cpuSeconds - before.cpuSeconds) / seconds) / 1e5;
}
