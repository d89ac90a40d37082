import { AppError } from "../../util/errors.ts";
import { type CapacityArgs, parseCapacityArgs } from "./capacity_options.ts";
import { measureCapacity } from "./measure_capacity.ts";
import { type CapacityReport, type Step } from "./measurement.ts";
import { interruptible } from "../load/interruption.ts";
import { busyHelper, hasHeldAny } from "./capacity_limits.ts";
import { capacitySvg } from "./capacity_chart.ts";
import { fitLines, LEGEND, megabytes, plotLines, tableLines } from "./capacity_table.ts";
import { UsageError } from "../call/call_options.ts";
import { EXIT } from "../../cli/arguments.ts";
import { writeFile } from "../load/write_file.ts";

const HELP = `Usage: slimline capacity [options]

Measures how many calls this machine holds and what each costs. Starts a server, a simulated model and simulated callers as
processes of this machine, takes one step after the other, and stops when the event loop lags by more than 20 ms at the 99th
percentile, a frame or an answer comes more than 60 ms late, a call fails, audio is lost, or memory reaches the limit. A step
that was late is taken once more, since something else on the machine may have been the cause.

  --steps LIST         calls at once, such as 1,10,100 (default 1,10,50,100,200,300,400,500,600,800,1000)
  --max-calls N        no step beyond (default 1000)
  --rounds N           take each step so often: a leak shows in the second (default 1)
  --seconds S          how long all calls of a step are up while it is measured (default 12)
  --format NAME        pcm24k (default) or pcmu
  --resampler NAME     as RESAMPLER has it (default polyphase)
  --memory-limit MB    no step after one that reached this (default 2048)
  --server-cpu N       bind the server to this core and the load to the others (by taskset)
  --json FILE          write everything that was measured
  --svg FILE           write a plot

The whole load runs on this machine: with less than three cores callers and model share one with the server, and it is told
when they, not the server, are the limit.

Exit code: 0 measured; 1 a process failed, or not even the first step could be held; 2 wrong usage.`;

/** `slimline capacity`: how many calls fit, and what one costs. */
export async function capacity(argv: string[]): Promise<number> {
  if (argv[0] === "--role") return await play(argv[1]);
  try {
    const args = parseCapacityArgs(argv, HELP);
    return typeof args === "number" ? args : await measureAndTell(args);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`slimline capacity: ${error.message}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

/** What the processes of the load run; not for people. */
async function play(role: string | undefined): Promise<number> {
  // A signal to the whole group, as from a terminal, must not end the load before the server.
  Deno.addSignalListener("SIGINT", () => {});
  if (role === "model") await (await import("../load/model_role.ts")).model();
  else if (role === "callers") await (await import("./callers_role.ts")).callers();
  else if (role === "turnover") await (await import("../soak/turnover_role.ts")).turnover();
  else return EXIT.usage;
  return EXIT.good;
}

async function measureAndTell(args: CapacityArgs): Promise<number> {
  const report = await interruptible((signal) =>
    measureCapacity({
      signal,
      steps: args.steps,
      rounds: args.rounds,
      seconds: args.seconds,
      audioFormat: args.format,
      resampler: args.resampler,
      serverCpu: args.serverCpu,
      memoryLimitBytes: args.memoryLimitMb * 2 ** 20,
      onStep: (step) => console.error(progress(step)),
    })
  );
  console.log(describeCapacity(report));
  if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(report, null, 2)}\n`);
  if (args.svg !== undefined) await writeFile(args.svg, capacitySvg(report));
  return hasHeldAny(report) ? EXIT.good : EXIT.failed;
}

function progress({ calls, round, rss, loopLag }: Step): string {
  return `${calls} calls, round ${round}: ${megabytes(rss)} MB resident, lag p99 ${loopLag.p99Ms} ms`;
}

/** The whole report as text. */
export function describeCapacity(report: CapacityReport): string {
  const { idle, steps, repeated, stopped } = report;
  const busy = new Set(
    steps.map((step) => [step.calls, busyHelper(step, report.cores)] as const)
      .filter(([, words]) => words !== undefined).map(([calls, words]) => `At ${calls} calls ${words}`),
  );
  return [
    `Slimline ${report.version} on Deno ${report.deno}, ${report.cores} cores${
      report.serverCpu === null ? "" : `, the server on core ${report.serverCpu}`
    }; ${report.format}, ${report.resampler}; ${report.secondsPerStep} s a step`,
    `idle: ${megabytes(idle.rss)} MB resident, ${megabytes(idle.rssAnon)} MB of it anonymous; heap ${
      megabytes(idle.heapUsed)
    } MB, external ${megabytes(idle.external)} MB`,
    "",
    ...tableLines(steps),
    "",
    LEGEND,
    "",
    ...plotLines(report),
    "",
    ...fitLines(report),
    "",
    ...busy,
    ...repeated.map((reason) => `Taken once more, and then good: ${reason}`),
    stopped === null ? "All steps were taken, no limit was reached." : `Stopped: ${stopped}`,
  ].join("\n");
}
