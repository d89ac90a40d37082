import type { Mutant } from "./find_mutants.ts";

/** A mutant that no test can tell from the program, or need not. */
export interface Equivalent extends Pick<Mutant, "file" | "code" | "change"> {
  /** Why. */
  reason: string;
}

/** Named by the line's code instead of its number, so that they are still known when the file changes elsewhere. */
export const EQUIVALENT: readonly Equivalent[] = [];
