import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { HelperProcess } from "../load/helper_process.ts";
import { interruption } from "../load/interruption.ts";
import type { ServerMemory } from "../capacity/measurement.ts";
import { ModelProcess } from "../load/model_process.ts";
import { ACCOUNT_SID, PUBLIC_URL, ServerProcess } from "../load/server_process.ts";
import { VERSION } from "../../cli/version.ts";
import { endingAnon, hourlyGrowth, objectBytes, soakFaults, warmUpSeconds } from "./judge_soak.ts";
import type { SoakReport, SoakRound, SoakSample, TurnoverReport } from "./soak_report.ts";
import type { TurnoverRequest } from "./turnover_role.ts";

/** What is soaked, and for how long. */
export interface SoakOptions {
  /** Calls at once. */
  calls: number;
  /** From the end of a call, and the beginning of the next, to those of the next after it. */
  everySeconds: number;
  minutes: number;
  /** Soaks of the same server, one after the other. */
  rounds: number;
  audioFormat: string;
  resampler: string;
  /** As {@link SoakReport} has it. */
  maxGrowth: number;
  /** A program that is run in place of this one's server. */
  main?: URL;
  /** Told of each sample. */
  onSample?: (sample: SoakSample, round: number) => void;
  /** Ends the soak, and all that it started. */
  signal?: AbortSignal;
}

/** Length of the model's answers. */
const REPLY_SECONDS = 3;
/** A call may go on for so long after its time: two turns, on a busy machine. */
const MAX_LATE_SECONDS = 20;
/** So many samples a round, unless they would be less than a second apart: growth is judged by the pairs of them. */
const SAMPLES = 400;
/** How long a new server is left alone before its idle memory is read. */
const IDLE_MS = 2_000;
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
  const interrupted = interruption(options.signal);
  await using load = await SoakLoad.start(options);
  return await Promise.race([soak(load, options), interrupted]);
}

async function soak(load: SoakLoad, options: SoakOptions): Promise<SoakReport> {
  const { calls, everySeconds, minutes, maxGrowth, audioFormat: format, resampler } = options;
  const { rss, rssAnon } = load.idle;
  const rounds: SoakRound[] = [];
  for (let round = 1; round <= options.rounds; round++) rounds.push(await load.round(round));
  const report = {
    version: VERSION,
    deno: Deno.version.deno,
    isExecutable: Deno.build.standalone,
    cores: navigator.hardwareConcurrency,
    format,
    resampler,
    calls,
    everySeconds,
    minutes,
    maxGrowth,
    idle: { rss, rssAnon },
    rounds,
    warnings: load.warnings,
  };
  return { ...report, faults: soakFaults(report) };
}

/** The three processes. */
class SoakLoad implements AsyncDisposable {
  readonly #clock = new SystemClock();
  readonly #authToken: string;

  private constructor(
    private readonly options: SoakOptions,
    private readonly server: ServerProcess,
    private readonly model: ModelProcess,
    private readonly callers: HelperProcess,
    private readonly processes: AsyncDisposableStack,
    readonly idle: ServerMemory,
    authToken: string,
  ) {
    this.#authToken = authToken;
  }

  static async start(options: SoakOptions): Promise<SoakLoad> {
    await using processes = new AsyncDisposableStack();
    const model = processes.use(await ModelProcess.start(REPLY_SECONDS));
    const authToken = crypto.randomUUID();
    const { audioFormat, resampler, calls, everySeconds, main } = options;
    // A call ends with the answer that it is in, after the next has begun.
    const maxCalls = calls + Math.ceil(MAX_LATE_SECONDS / everySeconds);
    const server = processes.use(
      await ServerProcess.start({
        realtimeUrl: model.url,
        authToken,
        audioFormat,
        resampler,
        maxCalls,
        main,
      }),
    );
    const callers = processes.use(await HelperProcess.start("turnover"));
    await sleep(new SystemClock(), IDLE_MS);
    const idle = await server.memory();
    return new SoakLoad(options, server, model, callers, processes.move(), idle, authToken);
  }

  get warnings(): Record<string, number> {
    return this.server.warnings;
  }

  async round(round: number): Promise<SoakRound> {
    const { calls, everySeconds, minutes } = this.options;
    const durationMs = minutes * 60_000;
    const before = await this.model.report();
    const cpuBefore = (await this.server.memory()).cpuSeconds;
    const startMs = this.#clock.now();
    const request: TurnoverRequest = {
      line: {
        server: this.server.url,
        publicUrl: PUBLIC_URL,
        accountSid: ACCOUNT_SID,
        authToken: this.#authToken,
      },
      calls,
      everyMs: 1000 * everySeconds,
      durationMs,
      replyMs: 1000 * REPLY_SECONDS,
    };
    await this.callers.tell(request);
    const samples = await this.#sample(startMs, durationMs, round);
    const callers = await this.callers.next<TurnoverReport>(PATIENCE_MS);
    const seconds = (this.#clock.now() - startMs) / 1000;
    await sleep(this.#clock, SETTLE_MS);
    const { rss, rssAnon, activeCalls, kernelSlots, cpuSeconds } = await this.server.memory();
    const { stats } = await this.model.report();
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.processes.disposeAsync();
  }

  async #sample(startMs: number, durationMs: number, round: number): Promise<SoakSample[]> {
    const everyMs = Math.max(1000, durationMs / SAMPLES);
    const samples: SoakSample[] = [];
    for (let dueMs = everyMs; dueMs < durationMs; dueMs += everyMs) {
      await sleep(this.#clock, startMs + dueMs - this.#clock.now());
      const { rss, rssAnon, heapTotal, heapUsed, external, activeCalls, loopLag } = await this.server
        .memory();
      const seconds = Math.round((this.#clock.now() - startMs) / 100) / 10;
      const lateMs = loopLag.maxMs;
      const sample = { seconds, rss, rssAnon, heapTotal, heapUsed, external, activeCalls, lateMs };
      samples.push(sample);
      this.options.onSample?.(sample, round);
    }
    return samples;
  }
}
