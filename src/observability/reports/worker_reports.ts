import type { MissingWorker } from "./dashboard_data.ts";

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

/** The sum of a figure. */
export function total<Report>(all: readonly Report[], of: (report: Report) => number): number {
  return all.reduce((sum, report) => sum + of(report), 0);
}

/** The sum of a figure; null when one of them is not known. */
export function totalKnown<Report>(
  all: readonly Report[],
  of: (report: Report) => number | null,
): number | null {
  return all.reduce<number | null>((sum, report) => {
    const figure = of(report);
    return sum === null || figure === null ? null : sum + figure;
  }, 0);
}

/** The largest of a figure; 0 when there is none. */
export function worst<Report>(all: readonly Report[], of: (report: Report) => number): number {
  return all.reduce((most, report) => Math.max(most, of(report)), 0);
}
