import * as v from "valibot";
import { AppError } from "../util/errors.ts";
import { shellWord } from "../util/shell_word.ts";
import { readEnvironment } from "./environment.ts";
import { FIELDS, type RawConfig } from "./fields.ts";
import { isLoopback } from "../util/loopback.ts";

/** The configuration that `serve` runs with: read, checked and complete. */
export type Config =
  & Readonly<Omit<RawConfig, "publicUrl" | "openaiApiKey" | "twilioAuthToken" | "logFormat">>
  & Readonly<{
    publicUrl: string;
    openaiApiKey: string;
    /** Undefined only with `--insecure`: nothing is verified, and only loopback is served. */
    twilioAuthToken: string | undefined;
    logFormat: "text" | "json";
  }>;

/** A variable that is missing or wrong. */
export interface ConfigProblem {
  /** The variable's name, such as `PUBLIC_URL`; of a `ServerConfig` the field's, such as `publicUrl`. */
  env: string;
  /** What is wrong, to be read after the variable's name. */
  problem: string;
  /** A value that would do. */
  example: string;
}

/** A problem as a line, such as `PUBLIC_URL is missing, for example PUBLIC_URL=https://…`. */
export function configProblemLine({ env, problem, example }: ConfigProblem): string {
  return `${env} ${problem}, for example ${env}=${shellWord(example)}`;
}

/** The configuration cannot be used. Lists every problem, so that one round of corrections is enough. */
export class ConfigError extends AppError {
  /** The name of the class. */
  override readonly name: string = "ConfigError";
  /** Everything that is missing or wrong. */
  readonly problems: readonly ConfigProblem[];

  /**
   * Lists the problems in its message, each with an example.
   * @param problems everything that is missing or wrong
   */
  constructor(problems: readonly ConfigProblem[]) {
    super(
      "config_invalid",
      [
        `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:`,
        ...problems.map((one) => `  ${configProblemLine(one)}`),
      ].join("\n"),
    );
    this.problems = problems;
    // A program that lets it through shows what to set: where the environment was read helps nobody.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** The problem of a variable that has to be set, and is not. */
export const MISSING = "is missing";

/** What `serve` requires; with `--insecure` it does without the auth token. */
export const REQUIRED = ["publicUrl", "openaiApiKey", "twilioAuthToken"] as const;

/** What the configuration is read from. */
export interface LoadOptions {
  /** Values by variable name. Default: the process's environment, as far as it may be read. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Serve without verifying Twilio; refused unless `HOST` is a loopback address. */
  insecure?: boolean;
  /** Whether standard error is a terminal, for the default of `LOG_FORMAT`. */
  isTerminal?: boolean;
}

/**
 * Reads the configuration of `serve`.
 * @throws ConfigError with every problem found
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const { raw, problems } = readFields(options.env);
  for (const name of REQUIRED) {
    if (options.insecure && name === "twilioAuthToken") continue;
    if (raw[name] === undefined && !problems.some((problem) => problem.env === FIELDS[name].env)) {
      problems.push({ env: FIELDS[name].env, problem: MISSING, example: FIELDS[name].example });
    }
  }
  if (options.insecure && raw.host !== undefined && !isLoopback(raw.host)) {
    problems.push({
      env: "HOST",
      problem: "must be a loopback address with --insecure",
      example: "127.0.0.1",
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const config = raw as RawConfig & Pick<Config, "publicUrl" | "openaiApiKey">;
  return Object.freeze({
    ...config,
    twilioAuthToken: options.insecure ? undefined : config.twilioAuthToken,
    logFormat: config.logFormat ?? (options.isTerminal ? "text" : "json"),
  });
}

/**
 * Reads each variable, and checks what they need of each other. An empty variable counts as not set, as in a
 * `.env` file with the value left out.
 */
export function readFields(
  env: LoadOptions["env"] = readEnvironment(),
): { raw: Partial<RawConfig>; problems: ConfigProblem[] } {
  const raw: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  for (const [name, field] of Object.entries(FIELDS)) {
    const result = v.safeParse(field.schema, env[field.env] || undefined);
    if (result.success) raw[name] = result.output;
    else problems.push({ env: field.env, problem: result.issues[0].message, example: field.example });
  }
  const read = raw as Partial<RawConfig>;
  const { env: uri, example } = FIELDS.mongodbUri;
  const needsUri = read.businesses?.in === "collection" && read.mongodbUri === undefined;
  if (needsUri && !problems.some((problem) => problem.env === uri)) {
    problems.push({
      env: uri,
      problem: `is missing, but ${FIELDS.businesses.env} is a collection there`,
      example,
    });
  }
  if (read.cluster !== undefined && read.mongodbUri === undefined) {
    problems.push({ env: uri, problem: `is missing, but ${FIELDS.cluster.env} shares it`, example });
  }
  return { raw: read, problems };
}
