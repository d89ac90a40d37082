import type { Random } from "./random.ts";

/** A reader, and how to make what it has not been made for. */
export interface Fuzzed<Input = unknown> {
  /** One input. Depends on nothing but the random numbers. */
  make(random: Random): Input;
  /**
   * Reads it. Throws what the reader declares, or `AssertionError` when the result is not what it must be.
   */
  read(input: Input): unknown;
  /** Whether the reader says in its documentation that it throws this. */
  isDeclared(error: unknown): boolean;
  /** How long the reader may take, in milliseconds. Default 1,000. */
  readonly maxMs?: number;
  /** Releases what it holds. */
  close?(): Promise<void>;
}

/** Keeps the types of one reader together, and hides them from whoever runs it. */
export function fuzzed<Input>(reader: Fuzzed<Input>): Fuzzed {
  return reader as Fuzzed;
}

/** Declares no error: every input has a result. */
export const NEVER = () => false;
