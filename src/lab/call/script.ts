import { shorten } from "../../util/cut_text.ts";
import { AppError } from "../../util/errors.ts";
import type { DialOutcome } from "../twilio/dialled_party.ts";
import { type LoadSpeech, readParty } from "./script_parties.ts";
import { type Action, STEP_KINDS } from "./script_steps.ts";

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
  /** What becomes of dialled numbers. */
  parties: Map<string, DialOutcome>;
  steps: ScriptStep[];
}

/** Wrong lines told one by one. A file that is no script at all is wrong in every line. */
const MAX_WRONG_LINES = 5;

/**
 * A script that cannot be run: the first wrong lines with their numbers, and how many more there are. Code
 * `script_invalid`.
 */
export class ScriptError extends AppError {
  override readonly name = "ScriptError";
  constructor(message: string) {
    super("script_invalid", message);
  }
}

/** Of a wrong line. */
const MAX_SHOWN_CHARS = 80;

const SETTING = /^(?:(from|to) (\+?\d+)|delay (\d+))$/;

/**
 * Reads a script and the WAV files that it names. Wrong lines are reported together.
 *
 * @throws {ScriptError}
 * @throws {WavError} from `load`
 */
export async function parseScript(source: string, load: LoadSpeech): Promise<Script> {
  const script: Script = { parties: new Map(), steps: [] };
  const wrong: string[] = [];
  for (const [index, raw] of source.split(/\r?\n/).entries()) {
    const text = raw.trim().replace(/\s+/g, " ");
    if (text === "" || text.startsWith("#")) continue;
    const line = index + 1;
    if (script.steps.length === 0 && await takeSetting(text, script, load)) continue;
    const step = await parseStep(line, text, load);
    if (step) script.steps.push(step);
    else wrong.push(`line ${line}: ${JSON.stringify(shorten(text, MAX_SHOWN_CHARS))} is no step`);
  }
  if (wrong.length > 0) throw new ScriptError(wrongLines(wrong));
  if (script.steps.length === 0) throw new ScriptError("The script has no step.");
  return script;
}

function wrongLines(wrong: readonly string[]): string {
  const more = wrong.length - MAX_WRONG_LINES;
  return [
    ...wrong.slice(0, MAX_WRONG_LINES),
    ...more > 0 ? [`and ${more} more`] : [],
    "slimline call --help lists the steps.",
  ].join("\n");
}

async function takeSetting(text: string, script: Script, load: LoadSpeech): Promise<boolean> {
  const party = await readParty(text, load);
  if (party) script.parties.set(...party);
  if (party) return true;
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
