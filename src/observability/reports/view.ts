import type { LiveCalls } from "../../call/live_calls.ts";
import type { Admission } from "../../admission/admission.ts";
import type { MemoryMonitor } from "../memory/memory_monitor.ts";
import type { Clock } from "../../util/clock.ts";
import type { DashboardView } from "./shapes.ts";

/** Calls in one view; the latest are shown when there are more. */
export const MAX_CALLS_SHOWN = 200;

/** Where a view comes from. */
export interface ViewSources {
  readonly monitor: MemoryMonitor;
  readonly calls: LiveCalls;
  readonly admission: Admission;
  readonly lagMs: () => number;
  readonly clock: Clock;
}

/** The state now. */
export async function viewOf(
  { monitor, calls, admission, lagMs, clock }: ViewSources,
): Promise<DashboardView> {
  const { rss, rssAnon, heapUsed, activeCalls, limit, peakCalls, totalCalls, perCall, pressure } =
    await monitor
      .state();
  const { live, reserved, refusal, refused } = admission.state;
  return {
    sample: { epochMs: clock.epoch(), rss, rssAnon, heapUsed, activeCalls },
    limit,
    peakCalls,
    totalCalls,
    perCall: perCall?.ledger ?? null,
    lagMs: Math.round(100 * lagMs()) / 100,
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
  };
}
