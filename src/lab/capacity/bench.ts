import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { CallersRequest } from "./callers_role.ts";
import { HelperProcess } from "../load/helper_process.ts";
import {
  type CallersReport,
  makeStep,
  type ModelReport,
  type ServerMemory,
  type Step,
} from "./measurement.ts";
import { ModelProcess } from "../load/model_process.ts";
import { corePlan, pin } from "../load/pin.ts";
import { ACCOUNT_SID, PUBLIC_URL, ServerProcess } from "../load/server_process.ts";

/** How a load is put on. */
export interface BenchOptions {
  /** How long all calls of a step are up while it is measured. */
  seconds: number;
  audioFormat: string;
  resampler: string;
  /** The processor core that the server has for itself, as far as this program goes. Default: wherever the system puts it. */
  serverCpu?: number;
  /** Length of an answer. Default 3. */
  replySeconds?: number;
  /** From the last call of a step to the reading of what is left. Default 3000. */
  settleMs?: number;
}

/** From the last call that came up to the first reading. */
const BEFORE_READING_MS = 1000;
/** How long a new server is left alone before its idle memory is read. */
const IDLE_MS = 2000;
/** Calls of a step are spread over about so long, that is one turn, so that they do not all speak at once. */
const RAMP_MS = 4000;
const MIN_RAMP_MS = 20;
const MAX_RAMP_MS = 400;
/** Beyond what a step takes by the clock. */
const PATIENCE_MS = 60_000;

/** The three processes. One {@link Bench.step} after the other puts a load on them. */
export class Bench implements AsyncDisposable {
  readonly #clock = new SystemClock();
  readonly #processes: AsyncDisposableStack;
  #callersCpuSeconds: number | null = 0;

  private constructor(
    private readonly options: BenchOptions,
    private readonly server: ServerProcess,
    private readonly model: ModelProcess,
    private readonly callers: HelperProcess,
    private readonly authToken: string,
    readonly idle: ServerMemory,
    processes: AsyncDisposableStack,
  ) {
    this.#processes = processes;
  }

  /** @throws {ProcessError} when one of the processes does not begin to work */
  static async start(options: BenchOptions & { maxCalls: number }): Promise<Bench> {
    await using processes = new AsyncDisposableStack();
    const model = processes.use(await ModelProcess.start(options.replySeconds ?? 3));
    const authToken = crypto.randomUUID();
    const server = processes.use(
      await ServerProcess.start({
        realtimeUrl: model.url,
        authToken,
        audioFormat: options.audioFormat,
        resampler: options.resampler,
        maxCalls: options.maxCalls,
      }),
    );
    const callers = processes.use(await HelperProcess.start("callers"));
    if (options.serverCpu !== undefined) {
      const cores = corePlan(options.serverCpu, navigator.hardwareConcurrency);
      await pin(server.pid, cores.server);
      for (const helper of [model, callers]) await pin(helper.pid, cores.helpers);
    }
    await sleep(new SystemClock(), IDLE_MS);
    const idle = await server.memory();
    return new Bench(options, server, model, callers, authToken, idle, processes.move());
  }

  /**
   * Places so many calls, lets them talk, waits for their end, and tells what was measured.
   *
   * @throws {ProcessError} when one of the processes ends or stalls
   */
  async step(calls: number, round: number): Promise<Step> {
    const { seconds, settleMs = 3000, replySeconds = 3 } = this.options;
    const rampMs = Math.min(Math.max(RAMP_MS / calls, MIN_RAMP_MS), MAX_RAMP_MS);
    const modelBefore = await this.model.report();
    const holdMs = BEFORE_READING_MS + 1000 * seconds;
    const { authToken } = this;
    const request: CallersRequest = {
      line: { server: this.server.url, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken },
      calls,
      rampMs,
      holdMs,
    };
    const placedMs = this.#clock.now();
    await this.callers.tell(request);
    await this.callers.next<{ is: "up" }>(calls * rampMs + PATIENCE_MS);
    await sleep(this.#clock, BEFORE_READING_MS);
    const start = await this.server.memory();
    const startMs = this.#clock.now();
    await sleep(this.#clock, 1000 * seconds);
    const end = await this.server.memory();
    const measuredSeconds = (this.#clock.now() - startMs) / 1000;
    const callers = await this.callers.next<CallersReport>(1000 * replySeconds + PATIENCE_MS);
    const wholeSeconds = (this.#clock.now() - placedMs) / 1000;
    const callersBefore = { cpuSeconds: this.#callersCpuSeconds };
    this.#callersCpuSeconds = callers.cpuSeconds;
    const modelAfter = await this.#settled();
    await sleep(this.#clock, settleMs);
    const after = await this.server.memory();
    return makeStep({
      calls,
      round,
      idle: this.idle,
      start,
      end,
      seconds: measuredSeconds,
      after,
      callers,
      callersBefore,
      modelBefore,
      modelAfter,
      wholeSeconds,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#processes.disposeAsync();
  }

  /** The model's report once the last session has ended, or after a while. */
  async #settled(): Promise<ModelReport> {
    const first = await this.model.report();
    for (let tries = 0; tries < 20; tries++) {
      await sleep(this.#clock, 100);
      const { stats } = await this.model.report();
      // the lag is that of the load, not of the silence after it
      if (stats.sessionsOpen === 0) return { ...first, stats };
    }
    return first;
  }
}
