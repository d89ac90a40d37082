import type { CallSnapshot } from "../../call/call_snapshot.ts";
import type { Refusal } from "../../admission/admission.ts";
import type { AlarmEvent, AlarmName } from "../memory/memory_alarms.ts";
import type { Pressure } from "../memory/memory_pressure.ts";
import type { MemorySample } from "../memory/sample_history.ts";
import type { MissingWorker } from "./missing_worker.ts";

/** What the page draws first: the recent past. */
export interface DashboardPast {
  readonly samples: readonly MemorySample[];
}

/** What the page shows at one time. Bytes, unless the name says otherwise. */
export interface DashboardView {
  readonly sample: MemorySample;
  /** Null where the system does not tell. */
  readonly limit: number | null;
  readonly peakCalls: number;
  readonly totalCalls: number;
  /** Mean of what live calls hold; null without one. */
  readonly perCall: number | null;
  /** Running mean of the event loop's lateness. */
  readonly lagMs: number;
  readonly admission: {
    readonly state: "open" | Refusal;
    readonly live: number;
    readonly reserved: number;
    readonly refused: number;
  };
  readonly alarms: { readonly active: readonly AlarmName[]; readonly events: readonly AlarmEvent[] };
  readonly pressure: Pressure;
  /** The latest first. */
  readonly calls: readonly CallSnapshot[];
  /** Live calls beyond those shown. */
  readonly moreCalls: number;
  /** Workers that are in none of this, where there are several. */
  readonly missing?: readonly MissingWorker[];
}
