import { parseCommand } from "../../cli/arguments.ts";
import { checkAudio, decimalFlag, wholeFlag } from "../flags.ts";
import { growthBound } from "./judge_soak.ts";

export interface SoakArgs {
  calls: number;
  everySeconds: number;
  minutes: number;
  rounds: number;
  format: string;
  resampler: string;
  /** Bytes an hour. */
  maxGrowth: number;
  json?: string;
  svg?: string;
}

const MAX_CALLS = 1000;
const MAX_MINUTES = 7 * 24 * 60;

const FLAGS = {
  calls: { type: "string", default: "50" },
  every: { type: "string", default: "2" },
  minutes: { type: "string", default: "30" },
  rounds: { type: "string", default: "1" },
  format: { type: "string", default: "pcm24k" },
  resampler: { type: "string", default: "polyphase" },
  "max-growth": { type: "string" },
  json: { type: "string" },
  svg: { type: "string" },
} as const;

/**
 * Reads the arguments of `slimline soak`, or returns the exit code where that was all.
 *
 * @throws {AppError} `usage` for a value that does not fit
 */
export function parseSoakArgs(argv: string[], help: string): SoakArgs | number {
  const parsed = parseCommand({ command: "soak", args: argv, options: FLAGS }, help);
  if (typeof parsed === "number") return parsed;
  const { values } = parsed;
  checkAudio(values);
  const minutes = decimalFlag("--minutes", values.minutes, 0.5, MAX_MINUTES);
  const everySeconds = decimalFlag("--every", values.every, 0.1, 3600);
  const growth = values["max-growth"];
  return {
    calls: wholeFlag("--calls", values.calls, 1, MAX_CALLS),
    everySeconds,
    minutes,
    rounds: wholeFlag("--rounds", values.rounds, 1, 10),
    format: values.format,
    resampler: values.resampler,
    maxGrowth: growth === undefined
      ? growthBound(minutes, everySeconds)
      : decimalFlag("--max-growth", growth, 0, 1e6) * 2 ** 20,
    json: values.json,
    svg: values.svg,
  };
}
