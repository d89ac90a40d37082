import type { Business } from "./business.ts";
import type { BusinessProblem } from "./problem.ts";

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
  /**
   * Everything that is described now; undefined when the source does not exist.
   * @throws when it cannot be read
   */
  read(): Promise<Description | undefined>;
  /**
   * Calls `onChange` after each change, more often than needed rather than too rarely; `onEnd` when it cannot go on.
   * @throws when changes cannot be followed
   */
  watch(onChange: () => void, onEnd: (error: unknown) => void): Disposable;
}
