import type { MissingWorker } from "./missing_worker.ts";

/** What one worker told of itself, or why it did not. */
export type WorkerReport<Report> = { readonly worker: number; readonly report: Report } | MissingWorker;

/** Those that came. */
export function reportsOf<Report>(workers: readonly WorkerReport<Report>[]): Report[] {
  return workers.flatMap((each) => "report" in each ? [each.report] : []);
}

/** Who is missing. */
export function missingOf(workers: readonly WorkerReport<unknown>[]): MissingWorker[] {
  return workers.flatMap((each) => "missing" in each ? [each] : []);
}
