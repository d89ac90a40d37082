import type { LoopLag } from "../loop_lag.ts";
import type { MemoryMonitor } from "../memory/memory_monitor.ts";
import type { Clock } from "../../util/clock.ts";
import type { CallSnapshot } from "./call_snapshot.ts";
import { type DashboardView, type FleetInstance, MAX_CALLS_SHOWN } from "./dashboard_data.ts";

/** Slots in use, and whether a new call would be taken. */
export interface AdmissionSummary {
  readonly live: number;
  readonly reserved: number;
  /** Why a new call would be refused; undefined when it would be taken. */
  readonly refusal: string | undefined;
  /** Calls refused since the start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Where a view comes from. */
export interface ViewSources {
  readonly monitor: MemoryMonitor;
  /** The live calls, oldest first; the latest `most` of them. */
  readonly calls: { snapshots(most: number): CallSnapshot[] };
  readonly admission: { readonly state: AdmissionSummary };
  readonly lag: Pick<LoopLag, "meanMs">;
  readonly clock: Clock;
  /** Of which this process is an instance; undefined when it is none. */
  readonly fleet: () => { readonly members: { readonly shown: readonly FleetInstance[] } } | undefined;
}

/** The state now, as the dashboard shows it. */
export async function currentView(
  { monitor, calls, admission, lag, clock, fleet }: ViewSources,
): Promise<DashboardView> {
  const { rss, rssAnon, heapUsed, activeCalls, limit, peakCalls, totalCalls, perCall, pressure } =
    await monitor.state();
  const { live, reserved, refusal, refused } = admission.state;
  const instances = fleet()?.members.shown;
  return {
    sample: { epochMs: clock.epoch(), rss, rssAnon, heapUsed, activeCalls },
    limit,
    peakCalls,
    totalCalls,
    perCall: perCall?.ledger ?? null,
    lagMs: Math.round(100 * lag.meanMs) / 100,
    admission: {
      state: refusal ?? "open",
      live,
      reserved,
      refused: Object.values(refused).reduce((sum, count) => sum + count, 0),
    },
    alarms: { active: monitor.alarms.active, events: monitor.alarms.events },
    pressure,
    calls: calls.snapshots(MAX_CALLS_SHOWN).reverse(),
    moreCalls: Math.max(0, activeCalls - MAX_CALLS_SHOWN),
    ...instances && { instances },
  };
}
