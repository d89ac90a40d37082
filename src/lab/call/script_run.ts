import { escapeLines } from "../../observability/text_line.ts";
import { dirname, isAbsolute, join } from "node:path";
import type { CallEvent, CallReport } from "../twilio/call_report.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../twilio/simulated_caller.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import { readLineWav } from "../../audio/wav.ts";
import { messageOf } from "../../util/errors.ts";
import { EXIT } from "../../cli/arguments.ts";
import type { CallArgs } from "./call_options.ts";
import { findAdminToken } from "../../cli/admin_token.ts";
import { writeTapes } from "./call_tapes.ts";
import { readTranscript } from "./call_transcript.ts";
import { describeProblem } from "./hints.ts";
import { openRehearsal } from "./rehearsal.ts";
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
/** What a call may begin with in place of a stream. */
const BEGINNINGS = new Set<CallEvent["event"]>([
  "said",
  "played",
  "dialled",
  "gathering",
  "queued",
  "recorded",
]);

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
 * @param options of the call; `from`, `to`, the delay and who is dialled give way to the script's own
 * @param keepsTape whether what the caller says is kept
 */
export async function runScript(
  script: Script,
  options: SimulatedCallerOptions,
  onStep: (result: StepResult) => void = () => {},
  keepsTape: boolean = false,
): Promise<ScriptResult> {
  const { line } = options;
  const delayMs = script.delayMs ?? line.network?.delayMs;
  const caller = new SimulatedCaller({
    ...options,
    line: { ...line, network: { ...line.network, delayMs } },
    from: script.from ?? options.from,
    to: script.to ?? options.to,
    onDial: (number) => script.parties.get(number) ?? options.onDial?.(number) ?? { status: "completed" },
  });
  if (keepsTape) caller.speech.keepTape();
  const stage = new Stage(caller, line.clock);
  const placed = caller.place();
  const isBegun = () => caller.isConnected || caller.events.some(({ event }) => BEGINNINGS.has(event));
  await caller.until(isBegun, CONNECT_WITHIN_MS);
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
  await using rehearsal = openRehearsal(line, options.apiPort, script.parties);
  const { registry, onDial } = rehearsal;
  const onStep = (step: StepResult) => {
    if (!options.isJson) console.log(escapeLines(describeStep(step)));
  };
  const isKept = options.out !== undefined;
  const result = await runScript(script, { ...call, registry, onDial }, onStep, isKept);
  const { report, steps, caller } = result;
  if (options.out !== undefined) await writeTapes(options.out, caller, 1, line.clock.now());
  const adminToken = await findAdminToken(options, options.to);
  const transcript = await readTranscript(options.to, adminToken, report.callSid, line.clock);
  if (options.isJson) {
    console.log(
      escapeLines(JSON.stringify({ passed: result.passed, steps, call: report, transcript }, null, 2)),
    );
  } else {
    if ("missing" in transcript) console.log(`talk  not shown: ${transcript.missing}`);
    else if (transcript.lines.length === 0) console.log("talk  nothing was said");
    else for (const text of transcript.lines) console.log(escapeLines(`talk  ${text}`));
    for (const problem of report.problems) console.log(escapeLines(`note  ${describeProblem(problem)}`));
  }
  return result.passed ? EXIT.good : EXIT.failed;
}

function describeStep({ line, text, passed, detail }: StepResult): string {
  return `${passed ? "pass" : "FAIL"}  ${String(line).padStart(3)}  ${text}${detail && `  (${detail})`}`;
}
