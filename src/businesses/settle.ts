import { messageOf } from "../util/errors.ts";
import { sameData } from "../util/same_data.ts";
import type { Business } from "./business.ts";
import { type BusinessProblem, problemLine } from "./problem.ts";
import type { BusinessSource, Description, SourcedBusiness } from "./source.ts";

/** The businesses that serve from now on. */
export interface SettledBusinesses {
  readonly serving: readonly SourcedBusiness[];
  readonly problems: readonly BusinessProblem[];
}

/**
 * Decides which businesses serve. One that cannot be read goes on in the version that served before; one that
 * claims the id or a number of another is refused. Whoever had the number keeps it: unchanged businesses come
 * first, then changed ones, then new ones, each in the order of the files. An unchanged business stays the
 * same object.
 *
 * @param description default: of a source that does not exist
 * @param before the businesses that served until now
 */
export function settle(
  description: Description = { good: [], bad: [], problems: [] },
  before: readonly SourcedBusiness[] = [],
): SettledBusinesses {
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

/**
 * Reads a source as a server that starts with it would, and changes nothing.
 * @returns the businesses that would serve, and everything that is wrong, one problem a line
 */
export async function readSource(
  source: BusinessSource,
): Promise<{ businesses: readonly Business[]; problems: readonly string[] }> {
  let description;
  try {
    description = await source.read();
  } catch (error) {
    return { businesses: [], problems: [`${source.name} cannot be read: ${messageOf(error)}`] };
  }
  const { serving, problems } = settle(description);
  return { businesses: serving.map(({ business }) => business), problems: problems.map(problemLine) };
}

/** Ids and numbers, and the file that has each. */
class Claims {
  readonly #ids = new Map<string, string>();
  readonly #numbers = new Map<string, string>();

  /** Takes everything that the business claims; or takes nothing, and returns why. */
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
