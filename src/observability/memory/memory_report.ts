import type { LagReport } from "../loop_lag.ts";
import type { ProcessMemory } from "../process_memory.ts";
import type { AlarmName } from "./memory_alarms.ts";
import type { Pressure } from "./memory_pressure.ts";

/** The JSON of `GET /memory`. Bytes, unless the name says otherwise. */
export interface MemoryReport extends Omit<ProcessMemory, "rssAnon"> {
  /** Null where `/proc` may not be read, as in a server of its own. */
  rssAnon: number | null;
  /** Memory that the process may use; null where the system does not tell. */
  limit: number | null;
  activeCalls: number;
  peakCalls: number;
  totalCalls: number;
  /** Resident set last seen before the first call. */
  baselineRss: number;
  /** Mean bytes per live call. Null without calls. */
  perCall: {
    /** Growth of the process since the baseline. */
    process: number;
    /** What the calls themselves hold: ring buffers, engine slot, socket backlog. */
    ledger: number;
  } | null;
  /** Open slots of the resampler. */
  kernelSlots: number;
  /** Services open now; each is opened when it is first needed. */
  services: readonly ServiceReport[];
  /** What high memory calls for now. */
  pressure: Pressure;
  /** Alarms raised now. */
  alarms: readonly AlarmName[];
  /** CPU time that the process has used, in seconds; null where the runtime does not tell. */
  cpuSeconds: number | null;
  /** Lateness of the event loop since the last report. */
  loopLag: LagReport;
}

/** A service such as a database client, as `GET /memory` shows it. */
export interface ServiceReport {
  readonly name: string;
  /** Null for a service that all businesses share. */
  readonly business: string | null;
  readonly state: "opening" | "open" | "closing";
  /** Calls and commands that use it or wait for it. */
  readonly users: number;
  /** Time since its last use, in milliseconds; 0 while in use. */
  readonly idleMs: number;
  /** Figures of its own. */
  readonly measures: Readonly<Record<string, number>>;
}
