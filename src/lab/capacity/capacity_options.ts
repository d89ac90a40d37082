import { parseCommand } from "../../cli/arguments.ts";
import { UsageError } from "../call/call_options.ts";
import { checkAudio, wholeFlag } from "../flags.ts";

export interface CapacityArgs {
  steps: number[];
  rounds: number;
  seconds: number;
  format: string;
  resampler: string;
  memoryLimitMb: number;
  serverCpu?: number;
  json?: string;
  svg?: string;
}

const MAX_CALLS = 1000;
/** Steps unless others are given. The last is more than a core holds, so that a limit is met before it. */
const STEPS = [1, 10, 50, 100, 200, 300, 400, 500, 600, 800, MAX_CALLS];
const MAX_STEPS = 50;

const FLAGS = {
  steps: { type: "string" },
  "max-calls": { type: "string", default: String(MAX_CALLS) },
  rounds: { type: "string", default: "1" },
  seconds: { type: "string", default: "12" },
  format: { type: "string", default: "pcm24k" },
  resampler: { type: "string", default: "polyphase" },
  "memory-limit": { type: "string", default: "2048" },
  "server-cpu": { type: "string" },
  json: { type: "string" },
  svg: { type: "string" },
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
  const maxCalls = wholeFlag("--max-calls", values["max-calls"], 1, MAX_CALLS);
  checkAudio(values);
  return {
    steps: (values.steps === undefined ? STEPS : stepsOf(values.steps)).filter((calls) => calls <= maxCalls),
    rounds: wholeFlag("--rounds", values.rounds, 1, 10),
    seconds: wholeFlag("--seconds", values.seconds, 2, 3600),
    format: values.format,
    resampler: values.resampler,
    memoryLimitMb: wholeFlag("--memory-limit", values["memory-limit"], 1, 1_000_000),
    serverCpu: values["server-cpu"] === undefined
      ? undefined
      : wholeFlag("--server-cpu", values["server-cpu"], 0, navigator.hardwareConcurrency - 1),
    json: values.json,
    svg: values.svg,
  };
}

function stepsOf(text: string): number[] {
  const steps = text.split(",").map((step) => wholeFlag("--steps", step, 1, MAX_CALLS));
  const isRising = steps.every((step, index) => index === 0 || step > steps[index - 1]);
  if (!isRising || steps.length > MAX_STEPS) {
    throw new UsageError(
      `--steps is ${JSON.stringify(text)}; at most ${MAX_STEPS} rising numbers are wanted.`,
    );
  }
  return steps;
}
