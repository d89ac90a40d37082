import { EXIT, failure } from "../../cli/arguments.ts";
import { readFields } from "../../config/config.ts";
import { UsageError, wholeFlag } from "../flags.ts";
import { AppError, messageOf } from "../../util/errors.ts";

/** Options of every command that measures under a load. */
export const LOAD_FLAGS = {
  rounds: { type: "string", default: "1" },
  format: { type: "string", default: "pcm24k" },
  resampler: { type: "string", default: "polyphase" },
  json: { type: "string" },
  svg: { type: "string" },
  /** What `deno task` passes: see build/server_bundle.ts. */
  server: { type: "string" },
} as const;

/** What every such command is given. */
export interface LoadArgs {
  rounds: number;
  format: string;
  resampler: string;
  json?: string;
  svg?: string;
  /** A file that is run in place of this program's server. */
  main?: string;
}

/**
 * The values of {@link LOAD_FLAGS}.
 *
 * @throws {UsageError} for a value that does not fit
 */
export function readLoadFlags(
  values: { rounds: string; server?: string } & Omit<LoadArgs, "rounds" | "main">,
): LoadArgs {
  const { rounds, format, resampler, json, svg, server } = values;
  checkAudio(format, resampler);
  return { rounds: wholeFlag("--rounds", rounds, 1, 10), format, resampler, json, svg, main: server };
}

/** @throws {UsageError} for what the server would refuse as `AUDIO_FORMAT` or `RESAMPLER` */
function checkAudio(format: string, resampler: string): void {
  const flags: Record<string, string> = { AUDIO_FORMAT: "--format", RESAMPLER: "--resampler" };
  const env: Record<string, string> = { AUDIO_FORMAT: format, RESAMPLER: resampler };
  const wrong = readFields(env).problems.find((problem) => problem.env in flags);
  if (!wrong) return;
  throw new UsageError(`${flags[wrong.env]} is ${JSON.stringify(env[wrong.env])}; it ${wrong.problem}.`);
}

/** Most calls at once that one process of callers places in time. */
export const MAX_LOAD_CALLS = 1_000;

/**
 * A command that measures under a load, tells what it found, and writes it to files where that is asked for.
 */
export interface LoadCommand<Args extends LoadArgs, Report> {
  name: "capacity" | "soak";
  /** Reads the arguments, or returns the exit code where that was all. */
  parse: () => Args | number;
  measure: (args: Args, signal: AbortSignal) => Promise<Report>;
  describe: (report: Report) => string;
  chart: (report: Report) => string;
  /** How far the JSON file is indented. */
  jsonIndent: number;
  isGood: (report: Report) => boolean;
}

/**
 * Runs the command; SIGTERM and SIGINT interrupt it, so that it ends what it has started. Resolves with the
 * exit code.
 */
export async function runLoadCommand<Args extends LoadArgs, Report>(
  command: LoadCommand<Args, Report>,
): Promise<number> {
  try {
    const args = command.parse();
    if (typeof args === "number") return args;
    for (const path of [args.json, args.svg]) if (path !== undefined) await checkWritable(path);
    const report = await interruptible((signal) => command.measure(args, signal));
    console.log(command.describe(report));
    if (args.json !== undefined) {
      await writeFile(args.json, `${JSON.stringify(report, null, command.jsonIndent)}\n`);
    }
    if (args.svg !== undefined) await writeFile(args.svg, command.chart(report));
    return command.isGood(report) ? EXIT.good : EXIT.failed;
  } catch (error) {
    return failure(error, `slimline ${command.name}: `);
  }
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

async function interruptible<Report>(measure: (signal: AbortSignal) => Promise<Report>): Promise<Report> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  try {
    return await measure(interrupt.signal);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  }
}

/**
 * What cannot be written is better known now than after hours. Leaves what is there.
 * @throws {AppError} `file_not_written` that names the file
 */
async function checkWritable(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, create: true })).close();
  } catch (error) {
    throw notWritten(path, error);
  }
}

/** @throws {AppError} `file_not_written` that names the file */
async function writeFile(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, cause: unknown): AppError {
  return new AppError("file_not_written", `${path} cannot be written: ${messageOf(cause)}`, { cause });
}
