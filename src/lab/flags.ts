import { AppError } from "../util/errors.ts";

/** Wrong usage: what was given and what is wanted. Exit code 2. */
export class UsageError extends AppError {
  override readonly name = "UsageError";
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("usage", message, options);
  }
}

/**
 * A flag's value as a whole number.
 * @throws {UsageError} when it is none, or out of range
 */
export function wholeFlag(flag: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw outOfRange(flag, text, `a whole number from ${least} to ${most}`);
}

/**
 * A flag's value as a number with up to three decimals.
 * @throws {UsageError} when it is none, or out of range
 */
export function decimalFlag(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw outOfRange(flag, text, `a number from ${least} to ${most}`);
}

function outOfRange(flag: string, text: string, wanted: string): UsageError {
  return new UsageError(`${flag} is ${JSON.stringify(text)}; ${wanted} is wanted.`);
}
