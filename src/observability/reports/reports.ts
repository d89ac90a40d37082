import type { MemoryReport } from "../memory/memory_report.ts";
import type { CallSnapshot } from "./call_snapshot.ts";
import type { DashboardPast, DashboardView, MissingWorker } from "./dashboard_data.ts";

/** What a server tells its operators of itself: this process alone, or all workers as one. */
export interface Reports {
  memory(): Promise<MemoryReport>;
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  /** The live calls, oldest first, and which worker has told nothing of its own. */
  calls(): Promise<CallsReport>;
  /** What the dashboard draws first. */
  past(): Promise<DashboardPast>;
  /** What the dashboard shows now. */
  view(): Promise<DashboardView>;
}

/** The JSON of `GET /calls`. */
export interface CallsReport {
  readonly calls: readonly CallSnapshot[];
  /** Workers whose calls are not among them. Not there where there is one process only. */
  readonly missing?: readonly MissingWorker[];
}
