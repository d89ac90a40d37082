import { VERSION } from "../../cli/version.ts";
import { Bench, type BenchOptions } from "./bench.ts";
import { interruption } from "../load/interruption.ts";
import type { CapacityReport } from "./measurement.ts";
import { type StepsOptions, takeSteps } from "./take_steps.ts";

/** What is measured. */
export interface CapacityOptions extends BenchOptions, Omit<StepsOptions, "cores"> {
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
  return await Promise.race([measure(bench, options), interrupted]);
}

async function measure(bench: Bench, options: CapacityOptions): Promise<CapacityReport> {
  const cores = navigator.hardwareConcurrency;
  const taken = await takeSteps(bench, { ...options, cores });
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
    ...taken,
  };
}
