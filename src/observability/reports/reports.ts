import type { MemoryReport } from "../memory/memory_report.ts";
import type { CallSnapshot } from "./call_snapshot.ts";
import type { CallTalk } from "./call_talk.ts";
import type { DashboardPast, DashboardView, MissingWorker } from "./dashboard_data.ts";

/** What a server tells its operators: about this process, or about all workers as one. */
export interface Reports {
  memory(): Promise<MemoryReport>;
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  /** The live calls, oldest first. */
  calls(): Promise<CallsReport>;
  /** A live call with its talk; undefined when it is not live. */
  talk(callSid: string): Promise<CallTalk | undefined>;
  /** What the dashboard draws first. */
  past(): Promise<DashboardPast>;
  /** What the dashboard shows now. */
  view(): Promise<DashboardView>;
}

/** The JSON of `GET /calls`. */
export interface CallsReport {
  readonly calls: readonly CallSnapshot[];
  /** With several workers: those whose calls are missing. */
  readonly missing?: readonly MissingWorker[];
}
