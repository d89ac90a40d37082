import type { Log } from "../log.ts";
import type { LoopLag } from "../loop_lag.ts";
import type { ProcessMemory, ProcessMemoryReader } from "../process_memory.ts";
import { cpuSeconds } from "../process_resources.ts";
import { type CallMemory, ledgerBytes } from "../reports/call_snapshot.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { MemoryAlarms } from "./memory_alarms.ts";
import { MemoryPressure } from "./memory_pressure.ts";
import type { MemoryReport, ServiceReport } from "./memory_report.ts";
import { MAX_SAMPLES, type MemorySample } from "./memory_samples.ts";

/** Longest time between two samples, however rarely memory is logged: the alarms' windows assume it. */
const SAMPLE_SECONDS = 30;

/** Releases memory when it runs short. No call in progress is ever ended for memory. */
export interface MemoryRelief {
  /** Releases what calls hold but do not use now. Returns the bytes released. */
  trim(): number;
  /** Closes unused services. Resolves with their number. */
  closeIdle(): Promise<number>;
}

/** What the monitor needs to know of the calls of the process. */
export interface MonitoredCalls {
  readonly active: number;
  /** Most at once since the start. */
  readonly peak: number;
  /** Since the start. */
  readonly total: number;
  /** What all live calls hold, added up. */
  readonly memory: CallMemory;
}

export interface MemoryMonitorOptions {
  reader: ProcessMemoryReader;
  calls: MonitoredCalls;
  clock: Clock;
  log: Log;
  /** Bytes that the process may use. */
  limit: number | undefined;
  /**
   * Seconds between two log lines. Each comes with a sample; samples are at most {@link SAMPLE_SECONDS}
   * apart.
   */
  logSeconds: number;
  kernelSlots: () => number;
  /** What calls hold from other pools that outlive them, by name. All 0 without calls. */
  held: () => Readonly<Record<string, number>>;
  services: () => readonly ServiceReport[];
  relief: MemoryRelief;
  lag: Pick<LoopLag, "takeReport">;
}

/**
 * Watches the memory of the process and its calls. Every {@link SAMPLE_SECONDS} or less it takes a sample for
 * the alarms and the dashboard, and releases memory when it runs short; every `logSeconds` it writes a log
 * line.
 */
export class MemoryMonitor implements Disposable {
  readonly alarms = new MemoryAlarms();
  readonly #options: MemoryMonitorOptions;
  readonly #pressure = new MemoryPressure();
  readonly #samples: MemorySample[] = [];
  #baselineRss: number;
  #nextLogMs: number;
  #timer: Timer | undefined;

  constructor(options: MemoryMonitorOptions) {
    this.#options = options;
    this.#baselineRss = Deno.memoryUsage().rss;
    this.#nextLogMs = options.clock.now() + options.logSeconds * 1000;
    this.#schedule();
  }

  /** The latest {@link MAX_SAMPLES}, oldest first. */
  get samples(): readonly MemorySample[] {
    return this.#samples;
  }

  /** The state now, with the event loop's lag since the last report. */
  async report(): Promise<MemoryReport> {
    return { ...await this.state(), loopLag: this.#options.lag.takeReport() };
  }

  /** The state now. */
  async state(): Promise<Omit<MemoryReport, "loopLag">> {
    const { limit, calls, services, kernelSlots } = this.#options;
    const memory = await this.#read();
    const { active } = calls;
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
        ledger: Math.round(ledgerBytes(calls.memory) / active),
      },
      kernelSlots: kernelSlots(),
      services: services(),
      pressure: this.#pressure.now,
      alarms: this.alarms.active,
      cpuSeconds: cpuSeconds() ?? null,
    };
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #read(): Promise<ProcessMemory> {
    const { reader, calls } = this.#options;
    const memory = await reader.read();
    if (calls.total === 0) this.#baselineRss = memory.rss;
    return memory;
  }

  #schedule(): void {
    const { clock, logSeconds } = this.#options;
    const untilLogMs = this.#nextLogMs - clock.now();
    this.#timer = after(clock, Math.min(untilLogMs, SAMPLE_SECONDS * 1000), () => {
      const isLogged = clock.now() >= this.#nextLogMs;
      if (isLogged) this.#nextLogMs = clock.now() + logSeconds * 1000;
      this.#schedule();
      void this.#sample(isLogged);
    });
  }

  async #sample(isLogged: boolean): Promise<void> {
    const { log, calls, clock } = this.#options;
    try {
      const memory = await this.#read();
      const { rss, heapTotal, heapUsed, external, rssAnon } = memory;
      const activeCalls = calls.active;
      if (isLogged) log.info("memory", { rss, heapTotal, heapUsed, external, rssAnon, activeCalls });
      this.#samples.push({ epochMs: clock.epoch(), rss, rssAnon: rssAnon ?? null, heapUsed, activeCalls });
      if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
      this.#judge(rssAnon ?? rss);
      await this.#relieve(rss);
    } catch (error) {
      log.error("memory_unreadable", { message: messageOf(error) });
    }
  }

  #judge(bytes: number): void {
    const { clock, calls, kernelSlots, log } = this.#options;
    const held = { kernelSlots: kernelSlots(), ...this.#options.held() };
    const { active: activeCalls, total: totalCalls, peak: peakCalls } = calls;
    const level = { atMs: clock.now(), bytes, activeCalls, totalCalls, peakCalls, held };
    for (const { alarm, change } of this.alarms.add(level, clock.epoch())) {
      const { growth, settledBytes } = this.alarms;
      const seen = alarm === "growth" ? { ...growth } : { settledBytes, ...held };
      const attributes = { alarm, bytes, activeCalls, totalCalls, ...seen };
      if (change === "raised") log.error("memory_alarm", attributes);
      else log.info("memory_alarm_cleared", attributes);
    }
  }

  /** Releases what can be spared, first what is cheapest to get back. */
  async #relieve(rss: number): Promise<void> {
    const { limit, relief, log } = this.#options;
    const before = this.#pressure.now;
    const pressure = this.#pressure.update(rss, limit);
    if (pressure === "none") {
      if (before !== "none") log.info("memory_relaxed", { rss, limit });
      return;
    }
    const trimmedBytes = relief.trim();
    const closedServices = pressure === "close_idle" ? await relief.closeIdle() : 0;
    log.warn("memory_high", { pressure, rss, limit, trimmedBytes, closedServices });
  }
}
