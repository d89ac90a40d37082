import type { LagReport } from "../loop_lag.ts";
import type { ProcessMemory } from "../process_memory.ts";
import type { AlarmName } from "./memory_alarms.ts";
import type { Pressure } from "./memory_pressure.ts";

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
  /** What high memory calls for at present. */
  pressure: Pressure;
  /** The alarms that are raised. */
  alarms: readonly AlarmName[];
  /** CPU time that the process has used so far, in seconds; null where the runtime does not tell. */
  cpuSeconds: number | null;
  /** How late the event loop was since this was last asked for. */
  loopLag: LagReport;
}

/** A service that is made when it is needed, such as a database client, as `GET /memory` shows it. */
export interface ServiceReport {
  readonly name: string;
  /** Null for a service that all businesses share. */
  readonly business: string | null;
  readonly state: "opening" | "open" | "closing";
  /** Calls and commands that use it now, or wait for it. */
  readonly users: number;
  /** How long nobody has used it, in milliseconds; 0 while somebody does. */
  readonly idleMs: number;
  /** What it says of itself. */
  readonly measures: Readonly<Record<string, number>>;
}
