import { sameData } from "../util/same_data.ts";
import type { Business } from "./business.ts";
import type { BusinessProblem } from "./problem.ts";
import type { Description, SourcedBusiness } from "./source.ts";

/** What serves from now on. */
export interface Settled {
  readonly serving: readonly SourcedBusiness[];
  readonly problems: readonly BusinessProblem[];
}

/**
 * Decides what serves: a business that is not good goes on in the version that served before; one that claims the id or a
 * number of another is refused. Whoever had it keeps it: what serves unchanged comes first, then what has changed, then
 * what is new, each in the order of the files. A business that is what it was stays the very object that it was.
 *
 * @param before what served until now
 */
export function settle(description: Description, before: readonly SourcedBusiness[] = []): Settled {
  const served = new Map(before.map(({ file, business }) => [file, business]));
  const problems = [...description.problems];
  const kept: SourcedBusiness[] = description.bad.flatMap((file) => {
    const business = served.get(file);
    return business ? [{ file, business }] : [];
  });
  const changed: SourcedBusiness[] = [];
  const added: SourcedBusiness[] = [];
  for (const { file, business } of description.good) {
    const old = served.get(file);
    if (old === undefined) added.push({ file, business });
    else if (sameData(old, business)) kept.push({ file, business: old });
    else changed.push({ file, business });
  }
  const claims = new Claims();
  const serving = [...kept, ...changed, ...added].flatMap((candidate) => {
    const conflicts = claims.take(candidate);
    if (conflicts.length === 0) return [candidate];
    problems.push(...conflicts);
    const old = served.get(candidate.file);
    const fallback = old && { file: candidate.file, business: old };
    return fallback && claims.take(fallback).length === 0 ? [fallback] : [];
  });
  return { serving: serving.sort((a, b) => a.file < b.file ? -1 : 1), problems };
}

/** Ids and numbers, and the file that has each. */
class Claims {
  readonly #ids = new Map<string, string>();
  readonly #numbers = new Map<string, string>();

  /** Takes everything that the business claims, or nothing of it and says why. */
  take({ file, business }: SourcedBusiness): BusinessProblem[] {
    const conflicts = this.#conflicts(file, business);
    if (conflicts.length > 0) return conflicts;
    this.#ids.set(business.id, file);
    for (const number of business.numbers) this.#numbers.set(number, file);
    return [];
  }

  #conflicts(file: string, { id, numbers }: Business): BusinessProblem[] {
    const other = this.#ids.get(id);
    const sameId = other === undefined ? [] : [{
      file,
      path: "id",
      problem: `is ${id}, which ${other} has: each business must have its own`,
    }];
    const sameNumbers = numbers.flatMap((number, index) => {
      const other = this.#numbers.get(number);
      const problem = `is ${number}, which ${other} has: a number must belong to one business`;
      return other === undefined ? [] : [{ file, path: `numbers[${index}]`, problem }];
    });
    return [...sameId, ...sameNumbers];
  }
}
