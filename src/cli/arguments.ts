import { parseArgs, type ParseArgsConfig } from "node:util";

/** Parsed options, or the exit code with which the command ends at once (help was asked for, or the usage is wrong). */
export type Parsed<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>> | number;

/**
 * Parses a command's arguments by `node:util`. Answers `--help` with `help` on standard output (exit code 0), and what does
 * not fit with the reason on standard error (exit code 2). `config.options` needs no entry for `help`.
 */
export function parseCommand<const Config extends ParseArgsConfig>(
  config: Config,
  help: string,
): Parsed<Config> {
  if (config.args?.includes("--help") || config.args?.includes("-h")) {
    console.log(help);
    return 0;
  }
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    return 2;
  }
}
