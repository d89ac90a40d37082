import type { Business } from "./business.ts";
import type { BusinessProblem } from "./problem.ts";

/** Most businesses that are read from a source. */
export const MAX_BUSINESSES = 10_000;
/** Largest description of a business, in bytes. */
export const MAX_DESCRIPTION_BYTES = 512 * 1024;

/** A business and what it was read from. */
export interface SourcedBusiness {
  /** Name of the file or document, the same each time. */
  readonly file: string;
  readonly business: Business;
}

/** What a source described at one moment. */
export interface Description {
  /** The businesses that can serve, in a stable order. */
  readonly good: readonly SourcedBusiness[];
  /** Files whose business cannot serve. */
  readonly bad: readonly string[];
  readonly problems: readonly BusinessProblem[];
}

/** Where businesses are described: a folder of files, or a collection of a database. */
export interface BusinessSource {
  /** For messages, such as the folder's path. */
  readonly name: string;
  /** The businesses that serve where none is described. */
  readonly ifNone: readonly Business[];
  /**
   * Whether it may be out of reach for a while, as a database may: then the server starts and waits for it.
   */
  readonly mayBeAway: boolean;
  /**
   * Everything that is described now; undefined when the source does not exist. Where it is known that
   * nothing has changed, this is the same object as the last time.
   * @throws when it cannot be read
   */
  read(): Promise<Description | undefined>;
  /**
   * Calls `onChange` after each change, more often than needed rather than too rarely; `onEnd` when it cannot
   * go on.
   * @throws when changes cannot be followed
   */
  watch(onChange: () => void, onEnd: (error: unknown) => void): Disposable;
}

/** What one description was read as. */
export type ReadDescription = SourcedBusiness | {
  readonly file: string;
  readonly problems: readonly BusinessProblem[];
};

/** Everything that a source describes, of what each description was read as. */
export function toDescription(all: Iterable<ReadDescription>): Description {
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
