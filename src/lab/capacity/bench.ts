import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { CallersRequest } from "./callers_role.ts";
import { type CallersReport, makeStep, type Step } from "./capacity_report.ts";
import type { LoadProcesses } from "../load/load_processes.ts";
import type { ModelReport } from "../load/model_process.ts";

/** How a load is put on. */
export interface BenchOptions {
  /** How long all calls of a step are up while it is measured. */
  seconds: number;
  /** Length of the model's answers. Default 3. */
  replySeconds?: number;
  /** From the last call of a step to the reading of what is left. Default 3000. */
  settleMs?: number;
}

/** Length of the model's answers, unless another is asked for. */
export const REPLY_SECONDS = 3;

/** From the last call that came up to the first reading. */
const BEFORE_READING_MS = 1000;
/** Calls of a step are spread over about so long, that is one turn, so that they do not all speak at once. */
const RAMP_MS = 4000;
const MIN_RAMP_MS = 20;
const MAX_RAMP_MS = 400;
/** Beyond what a step takes by the clock. */
const PATIENCE_MS = 60_000;

/** A load that is put on step by step. */
export class Bench {
  readonly #clock = new SystemClock();
  readonly #options: BenchOptions;
  readonly #load: LoadProcesses;
  #callersCpuSeconds: number | null = 0;

  constructor(load: LoadProcesses, options: BenchOptions) {
    this.#load = load;
    this.#options = options;
  }

  /**
   * Places so many calls, lets them talk, waits for their end, and tells what was measured.
   *
   * @throws {ProcessError} when one of the processes ends or stalls
   */
  async step(calls: number, round: number): Promise<Step> {
    const { seconds, settleMs = 3000, replySeconds = REPLY_SECONDS } = this.#options;
    const { server, model, callers: caller, idle, line } = this.#load;
    const rampMs = Math.min(Math.max(RAMP_MS / calls, MIN_RAMP_MS), MAX_RAMP_MS);
    const before = await server.memory();
    const modelBefore = await model.report();
    const holdMs = BEFORE_READING_MS + 1000 * seconds;
    const request: CallersRequest = { line, calls, rampMs, holdMs };
    const placedMs = this.#clock.now();
    await caller.tell(request);
    await caller.next<{ is: "up" }>(calls * rampMs + PATIENCE_MS);
    await sleep(this.#clock, BEFORE_READING_MS);
    const start = await server.memory();
    const startMs = this.#clock.now();
    const upSeconds = secondsUp(calls, startMs - placedMs, rampMs);
    await sleep(this.#clock, 1000 * seconds);
    const end = await server.memory();
    const measuredSeconds = (this.#clock.now() - startMs) / 1000;
    const callers = await caller.next<CallersReport>(1000 * replySeconds + PATIENCE_MS);
    const wholeSeconds = (this.#clock.now() - placedMs) / 1000;
    const callersBefore = { cpuSeconds: this.#callersCpuSeconds };
    this.#callersCpuSeconds = callers.cpuSeconds;
    const modelAfter = await this.#settled();
    await sleep(this.#clock, settleMs);
    const after = await server.memory();
    return makeStep({
      calls,
      round,
      idle,
      before,
      upSeconds,
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

  /** The model's report once the last session has ended, or after a while. */
  async #settled(): Promise<ModelReport> {
    const first = await this.#load.model.report();
    for (let tries = 0; tries < 20; tries++) {
      await sleep(this.#clock, 100);
      const { stats } = await this.#load.model.report();
      // the lag is that of the load, not of the silence after it
      if (stats.sessionsOpen === 0) return { ...first, stats };
    }
    return first;
  }
}

/** How long all calls together were up `afterMs` after the first, where one came every `rampMs`. */
function secondsUp(calls: number, afterMs: number, rampMs: number): number {
  return calls * (afterMs - rampMs * (calls - 1) / 2) / 1000;
}
