import type { Admission } from "../admission/admission.ts";
import { freeCalls } from "../admission/gates.ts";
import type { LiveCalls } from "../call/live_calls.ts";
import { MemoryMonitor } from "../observability/memory/memory_monitor.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import { prometheusText } from "../observability/metrics/prometheus_text.ts";
import { ProcessMemoryReader } from "../observability/process_memory.ts";
import type { FleetInstance } from "../observability/reports/dashboard_data.ts";
import type { ViewSources } from "../observability/reports/dashboard_view.ts";
import type { Reports } from "../observability/reports/reports.ts";
import type { Recorder } from "../records/recorder.ts";
import type { AppContext, CallParts } from "./calls.ts";
import type { ModelSessions } from "./model_sessions.ts";
import type { ProcessSockets } from "./process_sockets.ts";

/** What operators see of the server. */
export interface Operations {
  /** Watches memory, raises alarms, and frees what it can when memory is short. */
  readonly monitor: MemoryMonitor;
  /** Of this process alone. */
  readonly reports: Reports;
}

/**
 * Wires what watches, counts and reports the calls.
 *
 * @param fleet of which it is an instance, if it is
 * @param showsWords whether operators see personal data in what is said; default false
 */
export function operations(
  context: AppContext,
  parts: CallParts,
  fleet: () => FleetFigures | undefined,
  showsWords?: boolean,
): Operations {
  const { config, clock, log, services: { registry } } = context;
  const { calls, engines, admission, sessions, lag } = parts;
  const monitor = new MemoryMonitor({
    reader: new ProcessMemoryReader(),
    calls,
    clock,
    log,
    limit: parts.memoryLimitBytes,
    logSeconds: config.memoryLogSeconds,
    kernelSlots: () => engines.openCount,
    held: () => ({
      admissionSlots: admission.inUse,
      warmSessions: sessions.warmCount,
      sessions: sessions.openCount,
    }),
    services: () => registry.report(),
    relief: { trim: () => calls.trim(), closeIdle: () => registry.closeIdle() },
    lag,
  });
  return { monitor, reports: ownReports({ ...context, ...parts, monitor, fleet, showsWords }) };
}

/** What a process tells of the fleet that it is an instance of. */
export interface FleetFigures {
  readonly link: {
    readonly isAway: boolean;
    readonly unanswered: number;
    readonly operations:
      | { readonly reads: number; readonly writes: number; readonly batches: number }
      | undefined;
  };
  readonly members: { readonly alive: number; readonly shown: readonly FleetInstance[] };
}

/** What the reports of this process are made from. */
export interface ReportSources extends ViewSources {
  readonly calls: LiveCalls;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly sessions: Pick<ModelSessions, "warmCount" | "openCount" | "lingeringCount">;
  readonly sockets: Pick<ProcessSockets, "lingering" | "reserved" | "deaths">;
  readonly recorder: Pick<Recorder, "waiting"> | undefined;
  readonly coreShare: () => number;
  readonly fleet: () => FleetFigures | undefined;
  /** Shows operators personal data in what is said. Default false. */
  readonly showsWords?: boolean;
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
    talk: (callSid) => Promise.resolve(calls.talk(callSid, !sources.showsWords)),
    past: () => Promise.resolve({ samples: monitor.samples }),
    // loaded with the rest of the dashboard, which nobody may ever open
    view: async () => (await import("../observability/reports/dashboard_view.ts")).currentView(sources),
  };
}

/** How many more calls this process can take. */
export function free(
  { admission, calls, coreShare }: Pick<ReportSources, "admission" | "calls" | "coreShare">,
): number {
  return freeCalls({ ...admission.room, live: calls.active, coreShare: coreShare() });
}

/**
 * Sets the metrics that are a state rather than a count. Those that the system does not report have no value.
 */
export async function readGauges(sources: ReportSources): Promise<void> {
  const { monitor, metrics, calls, admission, sessions, sockets, recorder } = sources;
  const state = await monitor.state();
  const { active, raised, settledBytes } = monitor.alarms;
  for (const id of ["rss", "rssAnon", "heapTotal", "heapUsed", "external", "kernelSlots"] as const) {
    metrics.set(id, state[id]);
  }
  metrics.set("memoryLimit", state.limit);
  metrics.set("settledMemory", settledBytes);
  metrics.set("callMemory", { ...calls.memory });
  metrics.set("alarmsActive", {
    growth: Number(active.includes("growth")),
    no_return: Number(active.includes("no_return")),
  });
  metrics.set("alarmsRaised", raised);
  metrics.set("cpu", state.cpuSeconds);
  metrics.set("callsActive", state.activeCalls);
  metrics.set("callsPeak", state.peakCalls);
  metrics.set("callsStarted", state.totalCalls);
  const { slots, live, reserved, refusal, refused, callBytes } = admission.state;
  metrics.set("admission", { [refusal ?? "open"]: 1 });
  metrics.set("admissionSlots", { live, reserved, free: Math.max(0, slots - live - reserved) });
  metrics.set("callsFree", free(sources));
  metrics.set("callCost", callBytes);
  const fleet = sources.fleet();
  metrics.set("clusterAway", fleet && Number(fleet.link.isAway));
  metrics.set("clusterInstances", fleet?.members.alive);
  metrics.set("clusterUnanswered", fleet?.link.unanswered);
  metrics.set("clusterOperations", fleet?.link.operations);
  metrics.set("callsRefused", refused);
  metrics.set("sessions", sessions.openCount);
  metrics.set("warmSessions", sessions.warmCount);
  metrics.set("socketsLingering", { twilio: sockets.lingering, openai: sessions.lingeringCount });
  metrics.set("descriptorsReserved", sockets.reserved);
  metrics.set("listenerDeaths", sockets.deaths);
  metrics.set("recordsWaiting", recorder?.waiting);
  const services: Record<string, number> = {};
  for (const { name } of state.services) services[name] = (services[name] ?? 0) + 1;
  metrics.set("services", services);
}
