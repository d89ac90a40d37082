import type { Business } from "./business.ts";
import type { BusinessProblem } from "./problem.ts";

/** Most businesses that are read from a source. */
export const MAX_BUSINESSES = 10_000;
/** Largest description of a business, in bytes. */
export const MAX_DESCRIPTION_BYTES = 512 * 1024;

/** A business and where it is from. */
export interface SourcedBusiness {
  /** Name of the file, or of whatever else describes it; the same one each time. */
  readonly file: string;
  readonly business: Business;
}

/** What a source described at one moment. */
export interface Description {
  /** Those that are good, in a stable order. */
  readonly good: readonly SourcedBusiness[];
  /** Those that are there and not good. */
  readonly bad: readonly string[];
  readonly problems: readonly BusinessProblem[];
}

/** Where businesses are described: a folder of files, or a collection of a database. */
export interface BusinessSource {
  /** For messages, such as the folder's path. */
  readonly name: string;
  /** Who answers where nothing is described. */
  readonly ifNone: readonly Business[];
  /** Whether it may be out of reach for a while, as a database may: then a start does not fail for it, but waits. */
  readonly mayBeAway: boolean;
  /**
   * Everything that is described now: the very object of the last reading where nothing has changed, if that is known;
   * undefined when the source does not exist.
   * @throws when it cannot be read
   */
  read(): Promise<Description | undefined>;
  /**
   * Calls `onChange` after each change, more often than needed rather than too rarely; `onEnd` when it cannot go on.
   * @throws when changes cannot be followed
   */
  watch(onChange: () => void, onEnd: (error: unknown) => void): Disposable;
}
