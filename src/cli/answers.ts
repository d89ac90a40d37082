import { AppError } from "../util/errors.ts";
import type { Terminal } from "./terminal.ts";

/** What an answer must be, to be read after its name. */
export class WrongAnswer {
  constructor(readonly problem: string) {}
}

/** One thing that is asked for. */
export interface Question<Value> {
  /** The option that answers it, without its dashes; or the variable, in capitals. */
  readonly flag: string;
  readonly text: string;
  /** Taken for an empty answer. Without one, an answer is needed. */
  readonly standard?: string;
  readonly read: (text: string) => Value | WrongAnswer;
  /** Not shown while it is typed. Default false. */
  readonly isSecret?: boolean;
}

/** How often a question is asked again for an answer that is none, before the command gives up. */
const MAX_TRIES = 10;

/**
 * The answer to a question: what was given, else what is answered on the terminal, else the standard.
 * @throws {AppError} `usage` for what is none, or where nobody can be asked
 */
export async function answerTo<Value>(
  question: Question<Value>,
  given: string | undefined,
  terminal: Terminal | undefined,
): Promise<Value> {
  const { flag, text, standard, read, isSecret = false } = question;
  const name = /^[A-Z]/.test(flag) ? flag : `--${flag}`;
  if (given !== undefined || terminal === undefined) {
    const taken = given ?? standard;
    if (taken === undefined) throw usage(`${name} is needed where nobody can be asked: ${text}.`);
    const value = read(taken);
    if (value instanceof WrongAnswer) throw usage(`${name} ${value.problem}.`);
    return value;
  }
  const shown = `${text}${standard ? ` [${standard}]` : ""}:`;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const answer = (isSecret ? await terminal.askSecret(shown) : await terminal.ask(shown)) || standard;
    const value = answer === undefined ? new WrongAnswer("is needed") : read(answer);
    if (!(value instanceof WrongAnswer)) return value;
    terminal.say(`  It ${value.problem}.`);
  }
  throw usage(`given up after ${MAX_TRIES} answers.`);
}

/** Wrong usage of the command. */
export function usage(message: string): AppError {
  return new AppError("usage", message);
}
