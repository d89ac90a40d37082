import type { Admission } from "../admission/admission.ts";
import type { LiveCalls } from "../call/live_calls.ts";
import { MemoryMonitor } from "../observability/memory/memory_monitor.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import { prometheusText } from "../observability/metrics/prometheus_text.ts";
import { ProcessMemoryReader } from "../observability/process_memory.ts";
import type { ViewSources } from "../observability/reports/dashboard_view.ts";
import type { Reports } from "../observability/reports/reports.ts";
import type { AppContext, CallParts } from "./calls.ts";
import type { ProcessSockets } from "./process_sockets.ts";

/** What operators see of the server. */
export interface Operations {
  /** Watches memory, raises alarms, and frees what it can when memory is short. */
  readonly monitor: MemoryMonitor;
  /** Of this process alone. */
  readonly reports: Reports;
}

/** Wires what watches, counts and reports the calls. */
export function operations(
  { config, clock, log, metrics, services, sockets }: AppContext,
  calls: CallParts,
): Operations {
  const { live, engines, admission, sessions, lag, recorder } = calls;
  const { registry } = services;
  const monitor = new MemoryMonitor({
    reader: new ProcessMemoryReader(),
    calls: live,
    clock,
    log,
    limit: calls.memoryLimitBytes,
    logSeconds: config.memoryLogSeconds,
    kernelSlots: () => engines.openCount,
    held: () => ({
      admissionSlots: admission.inUse,
      warmSessions: sessions.warmCount,
      sessions: sessions.openCount,
    }),
    services: () => registry.report(),
    relief: { trim: () => live.trim(), closeIdle: () => registry.closeIdle() },
    lag,
  });
  const reports = ownReports({
    monitor,
    calls: live,
    admission,
    metrics,
    clock,
    lagMs: () => lag.meanMs,
    warmSessions: () => sessions.warmCount,
    sessions: () => sessions.openCount,
    lingering: () => ({ twilio: sockets.lingering, openai: sessions.lingeringCount }),
    sockets,
    recordsWaiting: () => recorder?.waiting,
  });
  return { monitor, reports };
}

/** What the reports of this process are made from. */
export interface ReportSources extends ViewSources {
  calls: LiveCalls;
  admission: Admission;
  metrics: Metrics;
  /** OpenAI sessions that wait for their call. */
  warmSessions: () => number;
  /** OpenAI sessions whose socket is not closed, those that wait included. */
  sessions: () => number;
  /** Sockets that were closed some seconds ago and whose peers keep them open, by whose they are. */
  lingering: () => Readonly<Record<string, number>>;
  sockets: Pick<ProcessSockets, "reserved" | "deaths">;
  /** Records that have not been delivered, by destination; undefined when none are kept. */
  recordsWaiting: () => Readonly<Record<string, number>> | undefined;
}

/** The reports of this process. */
function ownReports(sources: ReportSources): Reports {
  const { monitor, metrics, calls } = sources;
  return {
    memory: () => monitor.report(),
    metrics: async () => {
      await readGauges(sources);
      return prometheusText(metrics);
    },
    calls: () => Promise.resolve({ calls: calls.snapshots() }),
    past: () => Promise.resolve({ samples: monitor.history.samples }),
    // loaded with the rest of the dashboard, which nobody may ever open
    view: async () => (await import("../observability/reports/dashboard_view.ts")).currentView(sources),
  };
}

/** Sets the metrics that are a state rather than a count. Those that the system does not report have no value. */
export async function readGauges(sources: ReportSources): Promise<void> {
  const { monitor, metrics, calls, admission, warmSessions, sessions, sockets, recordsWaiting } = sources;
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
  metrics.set("socketsLingering", sources.lingering());
  metrics.set("descriptorsReserved", maybe(sockets.reserved));
  metrics.set("listenerDeaths", sockets.deaths);
  metrics.set("recordsWaiting", recordsWaiting() ?? {});
  const services: Record<string, number> = {};
  for (const { name } of state.services) services[name] = (services[name] ?? 0) + 1;
  metrics.set("services", services);
}
