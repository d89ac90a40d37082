import { AppError } from "../../util/errors.ts";
import { type Action, type LoadSpeech, STEP_KINDS } from "./script_steps.ts";

/** A line of a script, ready to run. */
export interface ScriptStep {
  line: number;
  text: string;
  run: Action;
}

/** A conversation script: who calls whom, and what happens. */
export interface Script {
  from?: string;
  to?: string;
  delayMs?: number;
  steps: ScriptStep[];
}

/** A script that cannot be run: each wrong line with its number. Code `script_invalid`. */
export class ScriptError extends AppError {
  override readonly name = "ScriptError";
  constructor(message: string) {
    super("script_invalid", message);
  }
}

const SETTING = /^(?:(from|to) (\+?\d+)|delay (\d+))$/;

/**
 * Reads a script and the WAV files that it names. All wrong lines are reported at once.
 *
 * @throws {ScriptError}
 * @throws {WavError} from `load`
 */
export async function parseScript(source: string, load: LoadSpeech): Promise<Script> {
  const script: Script = { steps: [] };
  const wrong: string[] = [];
  for (const [index, raw] of source.split(/\r?\n/).entries()) {
    const text = raw.trim().replace(/\s+/g, " ");
    if (text === "" || text.startsWith("#")) continue;
    const line = index + 1;
    if (script.steps.length === 0 && takeSetting(text, script)) continue;
    const step = await parseStep(line, text, load);
    if (step) script.steps.push(step);
    else wrong.push(`line ${line}: ${JSON.stringify(text)} is no step; see slimline call --help.`);
  }
  if (wrong.length > 0) throw new ScriptError(wrong.join("\n"));
  if (script.steps.length === 0) throw new ScriptError("The script has no step.");
  return script;
}

function takeSetting(text: string, script: Script): boolean {
  const match = SETTING.exec(text);
  if (!match) return false;
  const [, which, number, delay] = match;
  if (delay !== undefined) script.delayMs = Number(delay);
  else if (which === "from") script.from = number;
  else script.to = number;
  return true;
}

async function parseStep(line: number, text: string, load: LoadSpeech): Promise<ScriptStep | undefined> {
  for (const kind of STEP_KINDS) {
    const match = kind.pattern.exec(text);
    if (match) return { line, text, run: await kind.make(match.slice(1), load) };
  }
  return undefined;
}
