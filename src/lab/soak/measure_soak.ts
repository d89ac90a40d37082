import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { type LoadProcesses, type LoadSetup, programFacts, withLoad } from "../load/load_processes.ts";
import { endingAnon, hourlyGrowth, objectBytes, soakFaults, warmUpSeconds } from "./judge_soak.ts";
import type { SoakReport, SoakRound, SoakSample, TurnoverReport } from "./soak_report.ts";
import type { TurnoverRequest } from "./turnover_role.ts";

/** What is soaked, and for how long. */
export interface SoakOptions extends Pick<LoadSetup, "audioFormat" | "resampler" | "main"> {
  /** Calls at once. */
  calls: number;
  /** From the end of a call, and the beginning of the next, to those of the next after it. */
  everySeconds: number;
  minutes: number;
  /** Soaks of the same server, one after the other. */
  rounds: number;
  /** As {@link SoakReport} has it. */
  maxGrowth: number;
  /** Told of each sample. */
  onSample?: (sample: SoakSample, round: number) => void;
  /** Ends the soak, and all that it started. */
  signal?: AbortSignal;
}

/** Length of the model's answers. */
const REPLY_SECONDS = 3;
/** A call may go on for so long after its time: two turns, on a busy machine. */
const MAX_LATE_SECONDS = 20;
/**
 * So many samples a round, unless they would be less than a second apart: growth is judged by the pairs of
 * them.
 */
const SAMPLES = 400;
/** From the last call of a round to the reading of what is left. */
const SETTLE_MS = 5_000;
/** Beyond what a round takes by the clock. */
const PATIENCE_MS = 60_000;

/**
 * Starts server, model and callers as processes, holds the load, and ends what it started.
 *
 * @throws {ProcessError} when one of the processes ends or stalls, or when `signal` says so
 */
export async function measureSoak(options: SoakOptions): Promise<SoakReport> {
  const { calls, everySeconds, minutes, maxGrowth, audioFormat, resampler, main } = options;
  // A call ends with the answer that it is in, after the next has begun.
  const maxCalls = calls + Math.ceil(MAX_LATE_SECONDS / everySeconds);
  const replySeconds = REPLY_SECONDS;
  const load = { audioFormat, resampler, main, maxCalls, replySeconds, callers: "turnover" } as const;
  return await withLoad(load, options.signal, async (load) => {
    const soak = new Soak(load, options);
    const { rss, rssAnon } = load.idle;
    const rounds: SoakRound[] = [];
    for (let round = 1; round <= options.rounds; round++) rounds.push(await soak.round(round));
    const report = {
      ...programFacts(options),
      calls,
      everySeconds,
      minutes,
      maxGrowth,
      idle: { rss, rssAnon },
      rounds,
      warnings: load.server.warnings,
    };
    return { ...report, faults: soakFaults(report) };
  });
}

/** A load that is held for a round, and sampled. */
class Soak {
  readonly #clock = new SystemClock();
  readonly #load: LoadProcesses;
  readonly #options: SoakOptions;

  constructor(load: LoadProcesses, options: SoakOptions) {
    this.#load = load;
    this.#options = options;
  }

  async round(round: number): Promise<SoakRound> {
    const { calls, everySeconds, minutes } = this.#options;
    const { server, model, callers: caller, line } = this.#load;
    const durationMs = minutes * 60_000;
    const before = await model.report();
    const cpuBefore = (await server.memory()).cpuSeconds;
    const startMs = this.#clock.now();
    const request: TurnoverRequest = {
      line,
      calls,
      everyMs: 1000 * everySeconds,
      durationMs,
      replyMs: 1000 * REPLY_SECONDS,
    };
    await caller.tell(request);
    const samples = await this.#sample(startMs, durationMs, round);
    const callers = await caller.next<TurnoverReport>(PATIENCE_MS);
    const seconds = (this.#clock.now() - startMs) / 1000;
    await sleep(this.#clock, SETTLE_MS);
    const { rss, rssAnon, activeCalls, kernelSlots, cpuSeconds } = await server.memory();
    const { stats } = await model.report();
    const appendedMs = stats.appendedMs - before.stats.appendedMs;
    const fromSeconds = warmUpSeconds(minutes);
    return {
      round,
      samples,
      growth: hourlyGrowth(samples, fromSeconds),
      objectGrowth: hourlyGrowth(samples, fromSeconds, objectBytes),
      fromSeconds,
      endAnon: endingAnon(samples),
      callers,
      lostUpMsPerCall: (callers.sentMs - appendedMs) / callers.calls,
      cores: cpuSeconds === null || cpuBefore === null ? null : (cpuSeconds - cpuBefore) / seconds,
      after: { rss, rssAnon, activeCalls, kernelSlots, sessionsOpen: stats.sessionsOpen },
    };
  }

  async #sample(startMs: number, durationMs: number, round: number): Promise<SoakSample[]> {
    const everyMs = Math.max(1000, durationMs / SAMPLES);
    const samples: SoakSample[] = [];
    for (let dueMs = everyMs; dueMs < durationMs; dueMs += everyMs) {
      await sleep(this.#clock, startMs + dueMs - this.#clock.now());
      const { rss, rssAnon, heapTotal, heapUsed, external, activeCalls, loopLag } = await this.#load.server
        .memory();
      const seconds = Math.round((this.#clock.now() - startMs) / 100) / 10;
      const lateMs = loopLag.maxMs;
      const sample = { seconds, rss, rssAnon, heapTotal, heapUsed, external, activeCalls, lateMs };
      samples.push(sample);
      this.#options.onSample?.(sample, round);
    }
    return samples;
  }
}
