import { type GaugeSources, readGauges } from "./gauges.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import { prometheusText } from "../observability/metrics/prometheus_text.ts";
import type { ViewSources } from "../observability/reports/dashboard_view.ts";
import type { Reports } from "../observability/reports/reports.ts";

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
    view: async () => (await import("../observability/reports/dashboard_view.ts")).currentView(sources),
  };
}
