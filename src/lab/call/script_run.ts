import { dirname, isAbsolute, join } from "node:path";
import { muLawDecode } from "../../audio/mulaw_buffers.ts";
import type { CallReport } from "../twilio/call_report.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../twilio/simulated_caller.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import { encodeWav, readLineWav } from "../../audio/wav.ts";
import { messageOf } from "../../util/errors.ts";
import { EXIT } from "../../cli/arguments.ts";
import type { CallArgs } from "./call_options.ts";
import { describeProblem } from "./hints.ts";
import { parseScript, type Script, ScriptError, type ScriptStep } from "./script.ts";
import { Stage, Unmet } from "./script_stage.ts";

/** How a line went. */
export interface StepResult {
  line: number;
  text: string;
  passed: boolean;
  /** What was seen, or how long it took. */
  detail: string;
}

export interface ScriptResult {
  passed: boolean;
  steps: StepResult[];
  report: CallReport;
  caller: SimulatedCaller;
}

/**
 * How long the stream may take from the first webhook on; a refused call goes on to the first line at once.
 */
const CONNECT_WITHIN_MS = 15_000;

/** Reads the script at `path`. @throws {ScriptError} @throws {WavError} */
export async function readScript(path: string): Promise<Script> {
  let source: string;
  try {
    source = await Deno.readTextFile(path);
  } catch (error) {
    throw new ScriptError(`The script ${path} cannot be read: ${messageOf(error)}`);
  }
  const folder = dirname(path);
  const load = async (file: string) =>
    CallerSpeech.fromSamples(await readLineWav(isAbsolute(file) ? file : join(folder, file)));
  return await parseScript(source, load);
}

/**
 * Places a call and runs the script in it. Every line is run, also after one that failed, so that one run
 * shows all.
 *
 * @param options of the call; `from`, `to` and the delay give way to the script's own
 */
export async function runScript(
  script: Script,
  options: SimulatedCallerOptions,
  onStep: (result: StepResult) => void = () => {},
): Promise<ScriptResult> {
  const { line } = options;
  const delayMs = script.delayMs ?? line.network?.delayMs;
  const caller = new SimulatedCaller({
    ...options,
    line: { ...line, network: { ...line.network, delayMs } },
    from: script.from ?? options.from,
    to: script.to ?? options.to,
  });
  const stage = new Stage(caller, line.clock);
  const placed = caller.place();
  await caller.until(() => caller.isConnected, CONNECT_WITHIN_MS);
  const steps: StepResult[] = [];
  try {
    for (const step of script.steps) {
      const result = await runStep(step, stage);
      steps.push(result);
      onStep(result);
    }
  } finally {
    caller.hangUp();
  }
  const report = await placed;
  return { passed: steps.every((step) => step.passed), steps, report, caller };
}

async function runStep({ line, text, run }: ScriptStep, stage: Stage): Promise<StepResult> {
  try {
    return { line, text, passed: true, detail: await run(stage) ?? "" };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { line, text, passed: false, detail: error.message };
  }
}

/**
 * Runs the script for the command line, with `options.out` a folder that is there, and returns the exit code.
 */
export async function runScriptFile(
  path: string,
  options: CallArgs,
  call: SimulatedCallerOptions,
): Promise<number> {
  const { line } = call;
  const script = await readScript(path);
  const result = await runScript(script, call, (step) => {
    if (!options.isJson) console.log(describeStep(step));
  });
  const { report, steps, caller } = result;
  const startedMs = caller.startedMs;
  if (options.out !== undefined && startedMs !== undefined) {
    const heard = caller.player.recording(startedMs, line.clock.now());
    await Deno.writeFile(join(options.out, "call-1.wav"), encodeWav(muLawDecode(heard)));
  }
  if (options.isJson) {
    console.log(JSON.stringify({ passed: result.passed, steps, call: report }, null, 2));
  } else {
    for (const problem of report.problems) console.log(`note  ${describeProblem(problem)}`);
  }
  return result.passed ? EXIT.good : EXIT.failed;
}

function describeStep({ line, text, passed, detail }: StepResult): string {
  return `${passed ? "pass" : "FAIL"}  ${String(line).padStart(3)}  ${text}${detail && `  (${detail})`}`;
}
