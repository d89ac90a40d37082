import * as v from "valibot";
import { messageOf } from "../util/errors.ts";
import { BUSINESS_FILE, type BusinessFile } from "./schema/business_file.ts";

/** A problem by the keys that lead to it. */
export interface PlacedProblem {
  readonly keys: readonly unknown[];
  readonly problem: string;
}

/** Unknown fields are found one an object and a round; a file with more objects that have some than this has enough to do. */
const MAX_ROUNDS = 50;

/** Reads the JSON of a business file and checks its form; otherwise everything that is wrong with it. */
export function parseFile(text: string): BusinessFile | { problems: PlacedProblem[] } {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return { problems: [{ keys: [], problem: `must be JSON, but: ${withoutText(messageOf(error))}` }] };
  }
  const problems = new Map<string, PlacedProblem>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = v.safeParse(BUSINESS_FILE, json);
    if (result.success) {
      return problems.size === 0 ? result.output : { problems: [...problems.values()] };
    }
    let hasUnknown = false;
    for (const issue of result.issues.flatMap(leaves)) {
      const keys = issue.path?.map(({ key }) => key) ?? [];
      // One problem a value is enough: what is no number is no whole number either.
      const place = JSON.stringify(keys);
      if (!problems.has(place)) problems.set(place, { keys, problem: issue.message });
      hasUnknown ||= issue.expected === "never" && remove(json, keys);
    }
    if (!hasUnknown) break;
  }
  return { problems: [...problems.values()] };
}

/** The parser quotes what stands around the mistake: it could be a secret that was written down where it should not be. */
function withoutText(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*is not valid JSON$/s, "");
}

/** A choice between forms has the problems of the form that was meant, where it is clear which one that is. */
function leaves(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  const inner = issue.type === "union" && typeof issue.input === "object" ? issue.issues ?? [] : [];
  return inner.length > 0 && inner.every(({ path }) => path) ? inner.flatMap(leaves) : [issue];
}

/** Takes an unknown field away, so that the next round finds the next one. */
function remove(json: unknown, keys: readonly unknown[]): boolean {
  let holder = json as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) holder = holder[key as string] as Record<string, unknown>;
  return delete holder[keys.at(-1) as string];
}
