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
