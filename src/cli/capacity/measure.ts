import { VERSION } from "../version.ts";
import { Bench, type BenchOptions } from "./bench.ts";
import { interruption } from "./interruption.ts";
import { type Limit, limitReached } from "./limits.ts";
import type { CapacityReport, Step } from "./measurement.ts";

/** What is measured. */
export interface CapacityOptions extends BenchOptions {
  /** Calls at once, rising. */
  steps: readonly number[];
  /** How often each step is taken. */
  rounds: number;
  /** No step is taken after one that reached this. */
  memoryLimitBytes: number;
  /** Told of each step when it is done. */
  onStep?: (step: Step) => void;
  /** Ends the measurement, and all that it started. */
  signal?: AbortSignal;
}

/**
 * Starts server, model and callers as processes, steps through the loads, and ends what it started.
 *
 * @throws {ProcessError} when one of the processes ends or stalls, or when `signal` says so
 */
export async function measureCapacity(options: CapacityOptions): Promise<CapacityReport> {
  const interrupted = interruption(options.signal);
  await using bench = await Bench.start({ ...options, maxCalls: Math.max(...options.steps) });
  return await Promise.race([takeSteps(bench, options), interrupted]);
}

async function takeSteps(bench: Bench, options: CapacityOptions): Promise<CapacityReport> {
  const cores = navigator.hardwareConcurrency;
  const steps: Step[] = [];
  const repeated: string[] = [];
  let stopped: string | undefined;
  const take = async (calls: number, round: number): Promise<Limit | undefined> => {
    const step = await bench.step(calls, round);
    steps.push(step);
    options.onStep?.(step);
    const { memoryLimitBytes } = options;
    return limitReached(step, steps[0].answerMs.p50, { memoryLimitBytes, cores });
  };
  for (const calls of options.steps) {
    for (let round = 1; round <= options.rounds && stopped === undefined; round++) {
      const first = await take(calls, round);
      // What else the machine does can make any step late; a limit of this program's own comes again.
      const limit = first?.isOfTime ? await take(calls, round) : first;
      if (limit) stopped = limit.reason;
      else if (first) repeated.push(first.reason);
    }
    if (stopped !== undefined) break;
  }
  const { rss, rssAnon, heapUsed, external } = bench.idle;
  return {
    version: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    isExecutable: Deno.build.standalone,
    cores,
    format: options.audioFormat,
    resampler: options.resampler,
    serverCpu: options.serverCpu ?? null,
    secondsPerStep: options.seconds,
    idle: { rss, rssAnon, heapUsed, external },
    steps,
    repeated,
    stopped: stopped ?? null,
  };
}
