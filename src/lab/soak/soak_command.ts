import { AppError } from "../../util/errors.ts";
import { megabytes } from "../capacity/capacity_table.ts";
import { UsageError } from "../call/call_options.ts";
import { interruptible } from "../load/interruption.ts";
import { EXIT } from "../../cli/arguments.ts";
import { measureSoak } from "./measure_soak.ts";
import { parseSoakArgs, type SoakArgs } from "./soak_options.ts";
import { judgedBytes, type SoakSample } from "./soak_report.ts";
import { soakSvg } from "./soak_chart.ts";
import { describeSoak } from "./soak_table.ts";
import { writeFile } from "../load/write_file.ts";

const HELP = `Usage: slimline soak [options]

Holds a number of calls for a long time, while one ends and another starts again and again, and judges whether memory grows.
Server, simulated model and simulated callers are processes of this machine. Of four callers two hear everything out, one
interrupts every other answer, and one hangs up into an answer, now and then by breaking the line.

  --calls N          calls at once (default 50)
  --every S          seconds between two ends, and two beginnings, of calls (default 2)
  --minutes M        how long (default 30; 3 finds what 25 KB a call left behind make)
  --rounds N         soaks of the same server: the second must end within 5 MB of the first (default 1)
  --max-growth MB    what the lower end of growth's 95 % interval may be, in MB an hour, from the 10th minute on (or the first
                     third): default 1 from 30 minutes on; in a shorter soak what 25 KB a call that ended would make
  --format NAME      pcm24k (default) or pcmu
  --resampler NAME   as RESAMPLER has it (default polyphase)
  --json FILE        write every sample
  --svg FILE         write a plot

It is passed when memory does not grow, every caller was answered and heard what was to be heard, the model heard every
caller, the server raised no alarm about its memory, and no call is left at the end.

Exit code: 0 passed; 1 not passed, or a process failed; 2 wrong usage.`;

/** Between two lines about how it goes. */
const PROGRESS_SECONDS = 60;

/** `slimline soak`: whether memory stays where it is under a load that comes and goes. */
export async function soak(argv: string[]): Promise<number> {
  try {
    const args = parseSoakArgs(argv, HELP);
    return typeof args === "number" ? args : await soakAndTell(args);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`slimline soak: ${error.message}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

async function soakAndTell(args: SoakArgs): Promise<number> {
  const report = await interruptible((signal) =>
    measureSoak({ ...args, audioFormat: args.format, onSample: progress(), signal })
  );
  console.log(describeSoak(report));
  if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(report)}\n`);
  if (args.svg !== undefined) await writeFile(args.svg, soakSvg(report));
  return report.faults.length > 0 ? EXIT.failed : EXIT.good;
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
