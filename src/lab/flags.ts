import { readFields } from "../config/config.ts";
import { UsageError } from "./call/call_options.ts";

/**
 * A flag's value as a whole number.
 * @throws {UsageError} when it is none, or out of range
 */
export function wholeFlag(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
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

/**
 * Refuses what the server would refuse as `AUDIO_FORMAT` and `RESAMPLER`.
 * @throws {UsageError} that names the flag
 */
export function checkAudio({ format, resampler }: { format: string; resampler: string }): void {
  const { problems } = readFields({ AUDIO_FORMAT: format, RESAMPLER: resampler });
  for (const { env, problem } of problems) {
    if (env === "AUDIO_FORMAT") throw new UsageError(`--format is ${JSON.stringify(format)}; it ${problem}.`);
    if (env === "RESAMPLER") {
      throw new UsageError(`--resampler is ${JSON.stringify(resampler)}; it ${problem}.`);
    }
  }
}
