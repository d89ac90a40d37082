import type { MissingWorker } from "./dashboard_data.ts";

/** One worker's answer, or why there is none. */
export type WorkerAnswer<Answer> = { readonly worker: number; readonly answer: Answer } | MissingWorker;

/** The answers that arrived. */
export function receivedAnswers<Answer>(workers: readonly WorkerAnswer<Answer>[]): Answer[] {
  return workers.flatMap((each) => "answer" in each ? [each.answer] : []);
}

/** The workers that did not answer. */
export function missingWorkers(workers: readonly WorkerAnswer<unknown>[]): MissingWorker[] {
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
