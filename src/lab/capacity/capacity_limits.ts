import type { CapacityReport, Step } from "./capacity_report.ts";

/** Beyond these a server is full. */
const MAX_LAG_P99_MS = 20;
export const MAX_LATE_MS = 60;
/** When a call ends, what was being gathered for one append goes with it; more is lost audio. */
const MAX_LOST_UP_MS = 100;
const MIN_DELIVERED_DOWN = 0.9995;

/** A limit that a step reached. */
export interface Limit {
  /** As a sentence. */
  reason: string;
  /**
   * Whether it is one of time, which a passing load of something else on the machine can bring about as well.
   */
  isOfTime: boolean;
}

/**
 * Why no more calls should be tried after this step; undefined when more may fit.
 *
 * @param usualAnswerMs median time to an answer in the first good step: the median of later ones is held
 * against that
 */
export function limitReached(
  step: Step,
  usualAnswerMs: number | null,
  { memoryLimitBytes, cores }: { memoryLimitBytes: number; cores: number },
): Limit | undefined {
  const hard = hardLimit(step, memoryLimitBytes);
  const reason = hard ?? timeLimit(step, usualAnswerMs);
  if (reason === undefined) return undefined;
  const busy = busyHelper(step, cores);
  return { reason: busy === undefined ? reason : `${reason} But ${busy}`, isOfTime: hard === undefined };
}

function hardLimit(step: Step, memoryLimitBytes: number): string | undefined {
  const { failed, faults } = step;
  const at = atCalls(step);
  if (failed > 0) return `${failed} failed ${at}: ${faults[0] ?? "no reason given"}.`;
  if (step.rss >= memoryLimitBytes) {
    return `The server's memory reached the limit of ${Math.round(memoryLimitBytes / 2 ** 20)} MB ${at}.`;
  }
  if (step.deliveredDown < MIN_DELIVERED_DOWN || step.lostUpMsPerCall > MAX_LOST_UP_MS) {
    return `Audio was lost ${at}: ${step.deliveredUp} came through up, ${step.deliveredDown} down.`;
  }
  return undefined;
}

function timeLimit(step: Step, usualAnswerMs: number | null): string | undefined {
  const { loopLag, longestGapMs, answerMs } = step;
  const at = atCalls(step);
  if (loopLag.p99Ms > MAX_LAG_P99_MS) {
    return `The event loop's lag was ${loopLag.p99Ms} ms at the 99th percentile ${at}; the limit is ${MAX_LAG_P99_MS} ms.`;
  }
  if (longestGapMs > MAX_LATE_MS) {
    return `A frame came ${
      Math.round(longestGapMs)
    } ms late inside an answer ${at}; the limit is ${MAX_LATE_MS} ms.`;
  }
  const { p50, p99 } = answerMs;
  if (p50 === null || p99 === null || usualAnswerMs === null) return undefined;
  if (p50 - usualAnswerMs > MAX_LATE_MS) {
    const lateMs = Math.round(p50 - usualAnswerMs);
    return `The median answer began ${lateMs} ms later than usual ${at}; the limit is ${MAX_LATE_MS} ms.`;
  }
  // against the step's own median: appends grow with the calls, which makes all answers later by design
  if (p99 - p50 > MAX_LATE_MS) {
    const lateMs = Math.round(p99 - p50);
    return `Answers began ${lateMs} ms after the median one at the 99th percentile ${at}; the limit is ${MAX_LATE_MS} ms.`;
  }
  return undefined;
}

function atCalls({ calls }: Step): string {
  return `at ${calls} ${calls === 1 ? "call" : "calls"}`;
}

/** Cores in use below this share of all: then it was not this load that kept a process waiting. */
const BUSY_SHARE = 0.7;

/**
 * What the load itself could not keep up with, as a sentence; undefined when the figures are the server's
 * own.
 *
 * @param cores of the machine
 */
export function busyHelper(step: Step, cores: number): string | undefined {
  const { callersLag, modelLag } = step;
  const [who, { p99Ms }] = callersLag.p99Ms >= modelLag.p99Ms
    ? ["the callers' process", callersLag]
    : ["the simulated model's process", modelLag];
  if (p99Ms <= MAX_LAG_P99_MS) return undefined;
  const used = usedCores(step);
  const why = used !== null && used < BUSY_SHARE * cores
    ? `while all three used ${used.toFixed(1)} of ${cores} cores: something else kept this machine busy.`
    : "so this machine is too small to tell more.";
  return `${who} itself ran ${p99Ms} ms late at the 99th percentile, ${why}`;
}

function usedCores({ cpuPerCall, calls, helperCores }: Step): number | null {
  return cpuPerCall === null || helperCores === null ? null : cpuPerCall * calls + helperCores;
}

/** The sizes of instances that people rent, in MB. */
const INSTANCE_SIZES_MB = [512, 1024, 2048];

/** What of the measured steps fits into an instance. */
export interface Fit {
  sizeMb: number;
  /** Calls of the largest step that fitted and met every limit; 0 when none did. */
  calls: number;
  /** Resident set at that step, over all rounds. */
  rss: number;
  /**
   * Whether a larger step was measured that did not fit, so that the figure is the limit and not only a
   * floor.
   */
  isLimit: boolean;
}

/** What fits into each size: steps that were measured, nothing beyond them. */
export function instanceFits(report: Pick<CapacityReport, "steps" | "stopped">): Fit[] {
  const worst = new Map<number, number>();
  for (const { calls, rss } of report.steps) worst.set(calls, Math.max(worst.get(calls) ?? 0, rss));
  const sorted = [...worst].sort(([a], [b]) => a - b).filter(([calls]) => hasHeld(report, calls));
  return INSTANCE_SIZES_MB.map((sizeMb) => {
    const fitting = sorted.filter(([, rss]) => rss <= sizeMb * 2 ** 20);
    const [calls, rss] = fitting.at(-1) ?? [0, 0];
    return { sizeMb, calls, rss, isLimit: [...worst.keys()].some((tried) => tried > calls) };
  });
}

/** Whether any load was held without reaching a limit, however often it was tried. */
export function hasHeldAny(report: Pick<CapacityReport, "steps" | "stopped">): boolean {
  return report.steps.some(({ calls }) => hasHeld(report, calls));
}

/** Loads rise, so that every one below the last was held; and that one too, if nothing stopped it. */
export function hasHeld(
  { steps, stopped }: Pick<CapacityReport, "steps" | "stopped">,
  calls: number,
): boolean {
  return stopped === null || calls < (steps.at(-1)?.calls ?? Infinity);
}
