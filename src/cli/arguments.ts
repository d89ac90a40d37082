import { escapeLines } from "../observability/text_line.ts";
import { AppError } from "../util/errors.ts";
import { nearest } from "../util/nearest.ts";
import { terminalStyle } from "../util/terminal_style.ts";
import { wrapHelp } from "./wrap_help.ts";

/** Exit codes of every command. */
export const EXIT = {
  good: 0,
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** It could not be found out (doctor). */
  unknown: 3,
} as const;

/** One option of a command, `--name VALUE` or `--name`. */
export type OptionSpec =
  | { type: "string"; default?: string }
  /** May be given several times. */
  | { type: "strings"; default?: undefined }
  | { type: "boolean"; default?: boolean };

/** What a command takes. `options` needs no entry for `help`. */
export interface CommandSpec {
  /** The command's name, for what is said of wrong usage. */
  command: string;
  args: readonly string[];
  options: Readonly<Record<string, OptionSpec>>;
  /** Whether words that are no options may be given. Default false. */
  allowPositionals?: boolean;
}

/** The value of an option: undefined only where it was not given and has no default. */
type ValueOf<Spec extends OptionSpec> =
  | (Spec["type"] extends "boolean" ? boolean : Spec["type"] extends "strings" ? string[] : string)
  | (Spec extends { default: string | boolean } ? never : undefined);

export interface Arguments<Spec extends CommandSpec> {
  values: { -readonly [Name in keyof Spec["options"]]: ValueOf<Spec["options"][Name]> };
  positionals: string[];
}

/**
 * Parsed options, or the exit code with which the command ends at once (help was asked for, or the usage is
 * wrong).
 */
export type Parsed<Spec extends CommandSpec> = Arguments<Spec> | number;

/**
 * Parses a command's arguments: `--name VALUE`, `--name=VALUE`, `--flag`, and `--` before words that begin
 * with a dash. Answers `--help` with `help` on standard output (exit code 0), and what does not fit with the
 * reason on standard error, in a line that says where the help is (exit code 2). `node:util` could do this,
 * but would cost a server 5 MB of resident memory.
 */
export function parseCommand<const Spec extends CommandSpec>(spec: Spec, help: string): Parsed<Spec> {
  if (spec.args.includes("--help") || spec.args.includes("-h")) {
    console.log(wrapHelp(help, terminalStyle(Deno.stdout).columns));
    return 0;
  }
  const read = readArguments(spec);
  if (typeof read !== "string") return read as Arguments<Spec>;
  return wrongUsage(spec.command, read);
}

/**
 * Says why a command failed. Returns the exit code.
 *
 * @param prefix said before the reason
 * @throws what is no {@link AppError}: a defect
 */
export function failure(error: unknown, prefix: string = ""): number {
  if (!(error instanceof AppError)) throw error;
  console.error(escapeLines(prefix + error.message));
  return WRONG_INPUT.test(error.code) ? EXIT.usage : EXIT.failed;
}

/** Codes of errors in what a command was given. */
const WRONG_INPUT = /^(usage|config_invalid|wrong_setup|wav_invalid|script_invalid|document.*|file_outside)$/;

/** Says what is wrong with the usage of a command, and where its help is. Returns the exit code. */
export function wrongUsage(command: string, problem: string): number {
  console.error(`slimline ${command}: ${problem}\nslimline ${command} --help tells what can be given.`);
  return EXIT.usage;
}

/**
 * A question to follow what is said of an unknown word, with a space before it; empty where no known one is
 * near.
 */
export function didYouMean(word: string, known: readonly string[], prefix: string = ""): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : ` Did you mean ${prefix}${meant}?`;
}

interface Untyped {
  values: Record<string, string | string[] | boolean | undefined>;
  positionals: string[];
}

/** The arguments, or what is wrong with them. */
function readArguments({ args, options, allowPositionals = false }: CommandSpec): Untyped | string {
  const defaults = Object.entries(options).filter(([, option]) => option.default !== undefined);
  const values: Untyped["values"] = Object.fromEntries(
    defaults.map(([name, option]) => [name, option.default]),
  );
  const positionals: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    if (argument === "--") {
      positionals.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const [name, ...rest] = argument.slice(2).split("=");
    const option = argument.startsWith("--") && Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option) {
      return `There is no option ${argument.split("=")[0]}.${didYouMean(name, Object.keys(options), "--")}`;
    }
    if (option.type === "boolean") {
      if (rest.length > 0) return `--${name} takes no value.`;
      values[name] = true;
      continue;
    }
    const value = rest.length > 0 ? rest.join("=") : args[++index];
    if (value === undefined || (rest.length === 0 && value.startsWith("-") && value !== "-")) {
      return `--${name} needs a value; one that begins with a dash is written --${name}=VALUE.`;
    }
    values[name] = option.type === "strings"
      ? [...(values[name] as string[] | undefined) ?? [], value]
      : value;
  }
  if (positionals.length > 0 && !allowPositionals) {
    return `${positionals[0]} is no option, and nothing else is wanted.`;
  }
  return { values, positionals };
}

/**
 * One of our commands as its reader can type it where this program runs: `slimline X` of an executable, and
 * in the checkout the task.
 */
export function typedCommand(words: string, isExecutable = Deno.build.standalone): string {
  return `${isExecutable ? "slimline" : "npx -y deno task"} ${words}`;
}
