import { EXIT, parseCommand } from "../../cli/arguments.ts";
import { UsageError, wholeFlag } from "../flags.ts";
import {
  LOAD_FLAGS,
  type LoadArgs,
  MAX_LOAD_CALLS,
  readLoadFlags,
  runLoadCommand,
} from "../load/load_command.ts";
import { megabytes } from "../load/text_table.ts";
import { capacityChart } from "./capacity_chart.ts";
import { busyHelper, hasHeldAny } from "./capacity_limits.ts";
import type { CapacityReport, Step } from "./capacity_report.ts";
import { fleetLines, MAX_INSTANCES } from "./fleet_lines.ts";
import { costLines, fitLines, LEGEND, plotLines, tableLines } from "./capacity_table.ts";
import { measureCapacity } from "./measure_capacity.ts";

const HELP = `Usage: slimline capacity [options]

Measures how many calls this machine holds and what each costs: to set up, to talk, in memory. Starts a server, a simulated
model and simulated callers as processes of this machine, takes one step after the other, and stops when the event loop lags
by more than 20 ms at the 99th percentile, a frame or an answer comes more than 60 ms late, a call fails, audio is lost, or
memory reaches the limit. A step that was late is taken once more, since something else on the machine may have been the
cause.

  --steps LIST         calls at once, such as 1,10,100 (default 1,10,50,100,200,300,400,500,600,800,1000)
  --max-calls N        no step beyond (default 1000)
  --rounds N           take each step so often: a leak shows in the second (default 1)
  --seconds S          how long all calls of a step are up while it is measured (default 12)
  --format NAME        pcm24k (default) or pcmu
  --resampler NAME     as RESAMPLER has it (default polyphase)
  --memory-limit MB    no step after one that reached this (default 2048)
  --server-cpu N       bind the server to this core and the load to the others (by taskset)
  --server FILE        run this as the server (default this program; not by an executable)
  --instances N        also compute what N such servers hold as a fleet, and what they ask of its database
  --json FILE          write everything that was measured
  --svg FILE           write a plot

The whole load runs on this machine: with less than three cores callers and model share one with the server, and it is told
when they, not the server, are the limit.

Exit code: 0 measured; 1 a process failed, or not even the first step could be held; 2 wrong usage.`;

/** `slimline capacity`: how many calls fit, and what one costs. */
export async function capacity(argv: string[]): Promise<number> {
  if (argv[0] === "--role") return await play(argv[1]);
  return await runLoadCommand({
    name: "capacity",
    parse: () => parseCapacityArgs(argv, HELP),
    measure: async ({ instances, ...args }, signal) => ({
      ...await measureCapacity({
        ...args,
        audioFormat: args.format,
        memoryLimitBytes: args.memoryLimitMb * 2 ** 20,
        onStep: (step) => console.error(progress(step)),
        signal,
      }),
      ...instances !== undefined && { instances },
    }),
    describe: describeCapacity,
    chart: capacityChart,
    jsonIndent: 2,
    isGood: hasHeldAny,
  });
}

/** What the processes of the load run; not for people. */
async function play(role: string | undefined): Promise<number> {
  // A signal to the whole group, as from a terminal, must not end the load before the server.
  Deno.addSignalListener("SIGINT", () => {});
  if (role === "model") await (await import("../load/model_process.ts")).runModel();
  else if (role === "callers") await (await import("./callers_role.ts")).runCallers();
  else if (role === "turnover") await (await import("../soak/turnover_role.ts")).runTurnover();
  else return EXIT.usage;
  return EXIT.good;
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
    ...costLines(report),
    ...fitLines(report),
    "",
    ...fleetLines(report),
    ...busy,
    ...repeated.map((reason) => `Taken once more, and then good: ${reason}`),
    stopped === null ? "All steps were taken, no limit was reached." : `Stopped: ${stopped}`,
  ].join("\n");
}

/** What `slimline capacity` is given. */
export interface CapacityArgs extends LoadArgs {
  steps: number[];
  seconds: number;
  memoryLimitMb: number;
  serverCpu?: number;
  /** For how many it is computed what they hold together. Default: for none. */
  instances?: number;
}

/** Steps unless others are given. The last is more than a core holds, so that a limit is met before it. */
const STEPS = [1, 10, 50, 100, 200, 300, 400, 500, 600, 800, MAX_LOAD_CALLS];
const MAX_STEPS = 50;

const FLAGS = {
  ...LOAD_FLAGS,
  steps: { type: "string" },
  "max-calls": { type: "string", default: String(MAX_LOAD_CALLS) },
  seconds: { type: "string", default: "12" },
  "memory-limit": { type: "string", default: "2048" },
  "server-cpu": { type: "string" },
  instances: { type: "string" },
} as const;

/**
 * Reads the arguments of `slimline capacity`, or returns the exit code where that was all.
 *
 * @throws {UsageError} for a value that does not fit
 */
export function parseCapacityArgs(argv: string[], help: string): CapacityArgs | number {
  const parsed = parseCommand({ command: "capacity", args: argv, options: FLAGS }, help);
  if (typeof parsed === "number") return parsed;
  const { values } = parsed;
  const maxCalls = wholeFlag("--max-calls", values["max-calls"], 1, MAX_LOAD_CALLS);
  const steps = (values.steps === undefined ? STEPS : parseSteps(values.steps))
    .filter((calls) => calls <= maxCalls);
  if (steps.length === 0) throw new UsageError(`--max-calls is "${maxCalls}"; no step is that small.`);
  return {
    steps,
    ...readLoadFlags(values),
    seconds: wholeFlag("--seconds", values.seconds, 2, 3600),
    memoryLimitMb: wholeFlag("--memory-limit", values["memory-limit"], 1, 1_000_000),
    ...values.instances !== undefined && {
      instances: wholeFlag("--instances", values.instances, 2, MAX_INSTANCES),
    },
    serverCpu: values["server-cpu"] === undefined
      ? undefined
      : wholeFlag("--server-cpu", values["server-cpu"], 0, navigator.hardwareConcurrency - 1),
  };
}

function parseSteps(text: string): number[] {
  const steps = text.split(",").map((step) => wholeFlag("--steps", step, 1, MAX_LOAD_CALLS));
  const isRising = steps.every((step, index) => index === 0 || step > steps[index - 1]);
  if (!isRising || steps.length > MAX_STEPS) {
    throw new UsageError(
      `--steps is ${JSON.stringify(text)}; at most ${MAX_STEPS} rising numbers are wanted.`,
    );
  }
  return steps;
}
