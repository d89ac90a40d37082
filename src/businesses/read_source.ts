import { messageOf } from "../util/errors.ts";
import type { Business } from "./business.ts";
import { problemLine } from "./problem.ts";
import { settle } from "./settle.ts";
import type { BusinessSource } from "./source.ts";

/** What a source describes, read once. */
export interface SourceReading {
  /** Who would serve. */
  readonly businesses: readonly Business[];
  /** Everything that is wrong, one a line. */
  readonly problems: readonly string[];
}

/** Reads a source as a server would that starts with it, and changes nothing. */
export async function readSource(source: BusinessSource): Promise<SourceReading> {
  let description;
  try {
    description = await source.read();
  } catch (error) {
    return { businesses: [], problems: [`${source.name} cannot be read: ${messageOf(error)}`] };
  }
  const { serving, problems } = settle(description ?? { good: [], bad: [], problems: [] });
  return { businesses: serving.map(({ business }) => business), problems: problems.map(problemLine) };
}
