import { parseCommand } from "../../cli/arguments.ts";
import { decimalFlag, wholeFlag } from "../flags.ts";
import {
  LOAD_FLAGS,
  type LoadArgs,
  MAX_LOAD_CALLS,
  readLoadFlags,
  runLoadCommand,
} from "../load/load_command.ts";
import { megabytes } from "../load/text_table.ts";
import { growthBound } from "./judge_soak.ts";
import { measureSoak } from "./measure_soak.ts";
import { soakChart } from "./soak_chart.ts";
import { judgedBytes, type SoakSample } from "./soak_report.ts";
import { describeSoak } from "./soak_table.ts";

const HELP = `Usage: slimline soak [options]

Holds a number of calls for a long time, while one ends and another starts again and again, and judges whether memory grows.
Server, simulated model and simulated callers are processes of this machine. Of four callers two hear everything out, one
interrupts every other answer, and one hangs up into an answer, now and then by breaking the line.

  --calls N          calls at once (default 50)
  --every S          seconds between two ends, and two beginnings, of calls (default 2)
  --minutes M        how long (default 30; 3 are enough to find 25 KB left behind by each call)
  --rounds N         soaks of the same server: the second must end within 5 MB of the first (default 1)
  --max-growth MB    what the lower end of growth's 95 % interval may be, in MB an hour, from the 10th minute on (or the first
                     third): default 1 from 30 minutes on; in a shorter soak, what 25 KB for each ended call would make
  --format NAME      pcm24k (default) or pcmu
  --resampler NAME   as RESAMPLER has it (default polyphase)
  --server FILE      run this as the server (default this program; not by an executable)
  --json FILE        write every sample
  --svg FILE         write a plot

It is passed when memory does not grow, every caller was answered and heard all it should hear, the model heard every
caller, the server raised no alarm about its memory, and no call is left at the end.

Exit code: 0 passed; 1 not passed, or a process failed; 2 wrong usage.`;

/** How often a line tells how far it is. */
const PROGRESS_SECONDS = 60;

/** `slimline soak`: whether memory stays where it is under a load that comes and goes. */
export async function soak(argv: string[]): Promise<number> {
  return await runLoadCommand({
    name: "soak",
    parse: () => parseSoakArgs(argv, HELP),
    measure: (args, signal) =>
      measureSoak({ ...args, audioFormat: args.format, onSample: progress(), signal }),
    describe: describeSoak,
    chart: soakChart,
    jsonIndent: 0, // there are hundreds of samples
    isGood: ({ faults }) => faults.length === 0,
  });
}

function progress(): (sample: SoakSample, round: number) => void {
  let nextSeconds = 0;
  return (sample, round) => {
    const { seconds, activeCalls } = sample;
    if (seconds < nextSeconds - PROGRESS_SECONDS) nextSeconds = 0; // a new round
    if (seconds < nextSeconds) return;
    nextSeconds += PROGRESS_SECONDS;
    console.error(
      `round ${round}, ${Math.floor(seconds / 60)} min: ${activeCalls} calls, ${
        megabytes(judgedBytes(sample))
      } MB anonymous`,
    );
  };
}

/** What `slimline soak` is given. */
export interface SoakArgs extends LoadArgs {
  calls: number;
  everySeconds: number;
  minutes: number;
  /** Bytes an hour. */
  maxGrowth: number;
}

const MAX_MINUTES = 7 * 24 * 60;

const FLAGS = {
  ...LOAD_FLAGS,
  calls: { type: "string", default: "50" },
  every: { type: "string", default: "2" },
  minutes: { type: "string", default: "30" },
  "max-growth": { type: "string" },
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
  const minutes = decimalFlag("--minutes", values.minutes, 0.5, MAX_MINUTES);
  const everySeconds = decimalFlag("--every", values.every, 0.1, 3600);
  const growth = values["max-growth"];
  return {
    calls: wholeFlag("--calls", values.calls, 1, MAX_LOAD_CALLS),
    everySeconds,
    minutes,
    ...readLoadFlags(values),
    maxGrowth: growth === undefined
      ? growthBound(minutes, everySeconds)
      : decimalFlag("--max-growth", growth, 0, 1e6) * 2 ** 20,
  };
}
