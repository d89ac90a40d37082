import type { LiveCalls } from "../call/live_calls.ts";
import type { ServiceReport } from "../services/service_kind.ts";
import { cpuSeconds } from "../telemetry/cpu_time.ts";
import type { Log } from "../telemetry/log.ts";
import type { LagReport, LoopLag } from "../telemetry/loop_lag.ts";
import type { ProcessMemory, ProcessMemoryReader } from "../telemetry/process_memory.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";

/** The JSON of `GET /memory`. Bytes, unless the name says otherwise. */
export interface MemoryReport extends Omit<ProcessMemory, "rssAnon"> {
  /** Null where the system does not tell. */
  rssAnon: number | null;
  /** What the process may use; null where the system does not tell. */
  limit: number | null;
  activeCalls: number;
  peakCalls: number;
  totalCalls: number;
  /** Resident set when the process was last seen idle before its first call. */
  baselineRss: number;
  /** Mean bytes of a live call. Null when there is none. */
  perCall: {
    /** By the growth of the process since the baseline. */
    process: number;
    /** By what the calls themselves hold: rings, engine slot, socket backlog. */
    ledger: number;
  } | null;
  /** Open slots of the resampler. */
  kernelSlots: number;
  /** What is alive of the services that are made when they are needed. */
  services: readonly ServiceReport[];
  /** CPU time that the process has used so far, in seconds; null where the runtime does not tell. */
  cpuSeconds: number | null;
  /** How late the event loop was since this was last asked for. */
  loopLag: LagReport;
}

export interface MemoryMonitorOptions {
  reader: ProcessMemoryReader;
  calls: LiveCalls;
  clock: Clock;
  log: Log;
  /** Bytes that the process may use. */
  limit: number | undefined;
  /** Between two log lines. */
  logSeconds: number;
  kernelSlots: () => number;
  services: () => readonly ServiceReport[];
  lag: Pick<LoopLag, "takeReport">;
}

/** Watches the memory of the process beside the number of its calls, and logs both at a fixed interval. */
export class MemoryMonitor implements Disposable {
  readonly #options: MemoryMonitorOptions;
  #baselineRss: number;
  #timer: Timer | undefined;

  constructor(options: MemoryMonitorOptions) {
    this.#options = options;
    this.#baselineRss = Deno.memoryUsage().rss;
    this.#schedule();
  }

  /** The state now; of the loop's lag, what was measured since the last report. */
  async report(): Promise<MemoryReport> {
    const state = await this.#state();
    return { ...state, cpuSeconds: cpuSeconds() ?? null, loopLag: this.#options.lag.takeReport() };
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #state(): Promise<Omit<MemoryReport, "cpuSeconds" | "loopLag">> {
    const { reader, calls, limit, kernelSlots, services } = this.#options;
    const memory = await reader.read();
    if (calls.total === 0) this.#baselineRss = memory.rss;
    const held = calls.memory;
    const active = calls.active;
    return {
      ...memory,
      rssAnon: memory.rssAnon ?? null,
      limit: limit ?? null,
      activeCalls: active,
      peakCalls: calls.peak,
      totalCalls: calls.total,
      baselineRss: this.#baselineRss,
      perCall: active === 0 ? null : {
        process: Math.round((memory.rss - this.#baselineRss) / active),
        ledger: Math.round((held.outputRing + held.inputRing + held.engine + held.backlog) / active),
      },
      kernelSlots: kernelSlots(),
      services: services(),
    };
  }

  #schedule(): void {
    const { clock, logSeconds } = this.#options;
    this.#timer = after(clock, logSeconds * 1000, () => {
      this.#schedule();
      this.#logOnce();
    });
  }

  async #logOnce(): Promise<void> {
    const { log } = this.#options;
    try {
      const { rss, heapTotal, heapUsed, external, rssAnon, activeCalls } = await this.#state();
      log.info("memory", { rss, heapTotal, heapUsed, external, rssAnon, activeCalls });
    } catch (error) {
      log.error("memory_unreadable", { message: messageOf(error) });
    }
  }
}
