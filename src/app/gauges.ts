import type { LiveCalls } from "../call/live_calls.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import type { Admission } from "../admission/admission.ts";
import type { MemoryMonitor } from "../observability/memory/memory_monitor.ts";

/** What is read when metrics are asked for. */
export interface GaugeSources {
  monitor: MemoryMonitor;
  calls: LiveCalls;
  admission: Admission;
  /** OpenAI sessions that wait for their call. */
  warmSessions: () => number;
  /** OpenAI sessions whose socket is not closed, those that wait included. */
  sessions: () => number;
  /** Records of calls that have not arrived, by where they go; undefined where none are kept. */
  recordsWaiting: () => Readonly<Record<string, number>> | undefined;
}

/** Sets the metrics that are a state rather than a count of events. What the system does not tell has no value. */
export async function readGauges(metrics: Metrics, sources: GaugeSources): Promise<void> {
  const { monitor, calls, admission, warmSessions, sessions, recordsWaiting } = sources;
  const state = await monitor.state();
  const { active, raised, settledBytes } = monitor.alarms;
  const maybe = (value: number | null | undefined) => value ?? {};
  metrics.set("rss", state.rss);
  metrics.set("rssAnon", maybe(state.rssAnon));
  metrics.set("heapTotal", state.heapTotal);
  metrics.set("heapUsed", state.heapUsed);
  metrics.set("external", state.external);
  metrics.set("memoryLimit", maybe(state.limit));
  metrics.set("settledMemory", maybe(settledBytes));
  metrics.set("callMemory", { ...calls.memory });
  metrics.set("alarmsActive", {
    growth: Number(active.includes("growth")),
    no_return: Number(active.includes("no_return")),
  });
  metrics.set("alarmsRaised", raised);
  metrics.set("cpu", maybe(state.cpuSeconds));
  metrics.set("callsActive", state.activeCalls);
  metrics.set("callsPeak", state.peakCalls);
  metrics.set("callsStarted", state.totalCalls);
  const { slots, live, reserved, refusal, refused, callBytes } = admission.state;
  metrics.set("admission", { [refusal ?? "open"]: 1 });
  metrics.set("admissionSlots", { live, reserved, free: Math.max(0, slots - live - reserved) });
  metrics.set("callCost", maybe(callBytes));
  metrics.set("callsRefused", refused);
  metrics.set("kernelSlots", state.kernelSlots);
  metrics.set("sessions", sessions());
  metrics.set("warmSessions", warmSessions());
  metrics.set("recordsWaiting", recordsWaiting() ?? {});
  const services: Record<string, number> = {};
  for (const { name } of state.services) services[name] = (services[name] ?? 0) + 1;
  metrics.set("services", services);
}
