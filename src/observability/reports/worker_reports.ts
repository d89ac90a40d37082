import type { MissingWorker } from "./dashboard_data.ts";

/** One worker's report, or why there is none. */
export type WorkerReport<Report> = { readonly worker: number; readonly report: Report } | MissingWorker;

/** The reports that arrived. */
export function receivedReports<Report>(workers: readonly WorkerReport<Report>[]): Report[] {
  return workers.flatMap((each) => "report" in each ? [each.report] : []);
}

/** The workers that did not answer. */
export function missingWorkers(workers: readonly WorkerReport<unknown>[]): MissingWorker[] {
  return workers.flatMap((each) => "missing" in each ? [each] : []);
}

/** Sum of a figure. */
export function total<Report>(all: readonly Report[], of: (report: Report) => number): number {
  return all.reduce((sum, report) => sum + of(report), 0);
}

/** Sum of a figure; null when one of them is unknown. */
export function totalKnown<Report>(
  all: readonly Report[],
  of: (report: Report) => number | null,
): number | null {
  return all.reduce<number | null>((sum, report) => {
    const figure = of(report);
    return sum === null || figure === null ? null : sum + figure;
  }, 0);
}

/** Largest of a figure; 0 without reports. */
export function worst<Report>(all: readonly Report[], of: (report: Report) => number): number {
  return all.reduce((most, report) => Math.max(most, of(report)), 0);
}
