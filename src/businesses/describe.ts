import type { BusinessProblem } from "./problem.ts";
import type { Description, SourcedBusiness } from "./source.ts";

/** What became of one description. */
export type ReadDescription = SourcedBusiness | {
  readonly file: string;
  readonly problems: readonly BusinessProblem[];
};

/** What a source describes, by what became of each. */
export function describe(all: Iterable<ReadDescription>): Description {
  const good: SourcedBusiness[] = [];
  const bad: string[] = [];
  const problems: BusinessProblem[] = [];
  for (const one of all) {
    if ("business" in one) good.push(one);
    else {
      bad.push(one.file);
      problems.push(...one.problems);
    }
  }
  return { good, bad, problems };
}
