import { LiveCalls } from "../../src/call/live_calls.ts";
import type { ReportSources } from "../../src/app/operations.ts";
import { Admission } from "../../src/admission/admission.ts";
import { MemoryMonitor } from "../../src/observability/memory/memory_monitor.ts";
import type { ServiceReport } from "../../src/observability/memory/memory_report.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { ProcessMemoryReader } from "../../src/observability/process_memory.ts";
import { ManualClock } from "./manual_clock.ts";
import { Levels, MB } from "./memory_levels.ts";
import { RecordingLog } from "./recording_log.ts";

/** When, by the epoch, every level of a {@link WatchedProcess} is taken. */
export const LEVEL_EPOCH_MS = Date.UTC(2026, 0, 2);

/** What reports are made from, of a process whose memory levels the test sets. */
export class WatchedProcess implements Disposable {
  readonly sources: ReportSources;
  readonly levels: Levels;

  constructor(services: readonly ServiceReport[] = []) {
    const clock = new ManualClock();
    const calls = new LiveCalls();
    const monitor = new MemoryMonitor({
      reader: new ProcessMemoryReader(),
      calls,
      clock,
      log: new RecordingLog(),
      limit: undefined,
      logSeconds: 30,
      kernelSlots: () => 0,
      held: () => ({}),
      services: () => services,
      relief: { trim: () => 0, closeIdle: () => Promise.resolve(0) },
      lag: { takeReport: () => ({ meanMs: 0, p99Ms: 0, maxMs: 0, samples: 0 }) },
    });
    this.sources = {
      monitor,
      calls,
      admission: new Admission(10, () => clock.now()),
      metrics: new Metrics(),
      clock,
      lag: { meanMs: 0 },
      sessions: { warmCount: 0, openCount: 0, lingeringCount: 0 },
      sockets: { lingering: 0, reserved: undefined, deaths: 0 },
      recorder: undefined,
      coreShare: () => 0,
      fleet: () => undefined,
    };
    this.levels = new Levels({ add: (level) => void monitor.alarms.add(level, LEVEL_EPOCH_MS) });
  }

  /** An hour in which memory grows beside ten calls, so that the alarm is raised. */
  grow(): void {
    this.levels.run(60, 10, (level) => (80 + level) * MB);
  }

  [Symbol.dispose](): void {
    this.sources.monitor[Symbol.dispose]();
  }
}
