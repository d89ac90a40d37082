import type { AlarmEvent, AlarmName } from "../memory/memory_alarms.ts";
import type { Pressure } from "../memory/memory_pressure.ts";
import type { MemorySample } from "../memory/memory_samples.ts";
import type { CallSnapshot } from "./call_snapshot.ts";

// The page in the browser is type-checked against this file, so its imports must not lead to anything that
// only Deno has.

/** What the page draws first: the recent past. */
export interface DashboardPast {
  readonly samples: readonly MemorySample[];
}

/** Most calls in one view: the latest. */
export const MAX_CALLS_SHOWN = 200;

/** What the page shows at one time. Bytes, unless the name says otherwise. */
export interface DashboardView {
  readonly sample: MemorySample;
  /** Null where the system does not tell. */
  readonly limit: number | null;
  readonly peakCalls: number;
  readonly totalCalls: number;
  /** Mean held per live call; null without calls. */
  readonly perCall: number | null;
  /** Running mean of the event loop's lateness. */
  readonly lagMs: number;
  readonly admission: {
    /** `open`, or why a new call would be refused. */
    readonly state: string;
    readonly live: number;
    readonly reserved: number;
    readonly refused: number;
  };
  readonly alarms: { readonly active: readonly AlarmName[]; readonly events: readonly AlarmEvent[] };
  readonly pressure: Pressure;
  /** The latest first. */
  readonly calls: readonly CallSnapshot[];
  /** Live calls not shown. */
  readonly moreCalls: number;
  /** With several workers: those whose figures are missing. */
  readonly missing?: readonly MissingWorker[];
  /** Of a fleet: what each instance said of itself last. The other figures are this instance's own. */
  readonly instances?: readonly FleetInstance[];
}

/** An instance of a fleet. */
export interface FleetInstance {
  readonly id: string;
  readonly isThis: boolean;
  /** Whether it has said so lately. */
  readonly isAlive: boolean;
  readonly version: string;
  /** Where people reach it; null where nobody said so. */
  readonly address: string | null;
  readonly calls: number;
  /** Calls that it could take beside those. */
  readonly free: number;
  /** Why new calls should not be sent there; null when they should. */
  readonly refusal: string | null;
}

/** A worker that did not answer, and why. Its figures are in no sum. */
export interface MissingWorker {
  /** Counts from 0. */
  readonly worker: number;
  readonly missing: string;
}
