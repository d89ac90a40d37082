import { type GaugeSources, readGauges } from "../lifecycle/gauges.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { prometheusText } from "../telemetry/metrics/prometheus_text.ts";
import type { ViewSources } from "./dashboard/view.ts";
import type { Reports } from "./reports.ts";

/** What reports of this process are made from. */
export type ReportSources = ViewSources & GaugeSources & { metrics: Metrics };

/** The reports of this process. */
export function ownReports(sources: ReportSources): Reports {
  const { monitor, metrics, calls } = sources;
  return {
    memory: () => monitor.report(),
    metrics: async () => {
      await readGauges(metrics, sources);
      return prometheusText(metrics);
    },
    calls: () => Promise.resolve({ calls: calls.snapshots() }),
    past: () => Promise.resolve({ samples: monitor.history.samples }),
    // With the rest of the dashboard: nobody may ever look.
    view: async () => (await import("./dashboard/view.ts")).viewOf(sources),
  };
}
