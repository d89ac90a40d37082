import { type LoadSetup, programFacts, withLoad } from "../load/load_processes.ts";
import { Bench, type BenchOptions, REPLY_SECONDS } from "./bench.ts";
import { type Limit, limitReached } from "./capacity_limits.ts";
import type { CapacityReport, Step } from "./capacity_report.ts";

/** What is measured. */
export interface CapacityOptions
  extends
    BenchOptions,
    Pick<LoadSetup, "audioFormat" | "resampler" | "serverCpu" | "main">,
    Omit<StepsOptions, "cores"> {
  /** Ends the measurement, and all that it started. */
  signal?: AbortSignal;
}

/**
 * Starts server, model and callers as processes, steps through the loads, and ends what it started.
 *
 * @throws {ProcessError} when one of the processes ends or stalls, or when `signal` says so
 */
export async function measureCapacity(options: CapacityOptions): Promise<CapacityReport> {
  const { audioFormat, resampler, serverCpu, main, replySeconds = REPLY_SECONDS, signal } = options;
  const maxCalls = Math.max(...options.steps);
  const load = {
    audioFormat,
    resampler,
    serverCpu,
    main,
    replySeconds,
    maxCalls,
    callers: "callers",
  } as const;
  return await withLoad(load, signal, async (load) => {
    const facts = programFacts(options);
    const { rss, rssAnon, heapUsed, external } = load.idle;
    return {
      ...facts,
      v8: Deno.version.v8,
      serverCpu: serverCpu ?? null,
      secondsPerStep: options.seconds,
      idle: { rss, rssAnon, heapUsed, external },
      ...await takeSteps(new Bench(load, options), { ...options, cores: facts.cores }),
    };
  });
}

/** Which loads are put on, and until when. */
export interface StepsOptions {
  /** Calls at once, rising. */
  steps: readonly number[];
  /** How often each step is taken. */
  rounds: number;
  /** No step is taken after one that reached this. */
  memoryLimitBytes: number;
  /** Of the machine. */
  cores: number;
  /** Told of each step when it is done. */
  onStep?: (step: Step) => void;
}

/** Takes one step after the other, until one reaches a limit. */
export async function takeSteps(
  bench: Pick<Bench, "step">,
  options: StepsOptions,
): Promise<Pick<CapacityReport, "steps" | "repeated" | "stopped">> {
  const steps: Step[] = [];
  const repeated: string[] = [];
  /** Median of the first step that was good: one that was late itself would let the others be as late. */
  let usualAnswerMs: number | null = null;
  const take = async (calls: number, round: number): Promise<Limit | undefined> => {
    const step = await bench.step(calls, round);
    steps.push(step);
    options.onStep?.(step);
    const limit = limitReached(step, usualAnswerMs ?? step.answerMs.p50, options);
    if (!limit) usualAnswerMs ??= step.answerMs.p50;
    return limit;
  };
  for (const calls of options.steps) {
    for (let round = 1; round <= options.rounds; round++) {
      const first = await take(calls, round);
      // What else the machine does can make any step late; a limit of this program's own comes again.
      const limit = first?.isOfTime ? await take(calls, round) : first;
      if (limit) return { steps, repeated, stopped: limit.reason };
      if (first) repeated.push(first.reason);
    }
  }
  return { steps, repeated, stopped: null };
}
