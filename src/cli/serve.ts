import type { LoadTelephone } from "../app/lazy_telephone.ts";
import { type Config, ConfigError, loadConfig, REQUIRED } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { type Field, FIELDS } from "../config/fields.ts";
import { configureLog, createLog } from "../observability/log.ts";
import { MAX_WORKERS } from "../cluster/worker_messages.ts";
import { EXIT, parseCommand, wrongUsage } from "./arguments.ts";

const OPTIONS = {
  insecure: { type: "boolean", default: false },
  workers: { type: "string", default: "1" },
  "no-records": { type: "boolean", default: false },
  /** How a supervisor starts its workers; not for people. */
  worker: { type: "boolean", default: false },
} as const;

/**
 * `slimline serve`: answers calls until a signal stops it.
 *
 * @param telephone by which operators call it from their browser; default there is none
 */
export async function serve(argv: string[], telephone?: LoadTelephone): Promise<number> {
  const parsed = parseCommand({ command: "serve", args: argv, options: OPTIONS }, helpText());
  if (typeof parsed === "number") return parsed;
  const { insecure, worker: isWorker } = parsed.values;
  const workers = /^\d{1,3}$/.test(parsed.values.workers) ? Number(parsed.values.workers) : 0;
  if (workers < 1 || workers > MAX_WORKERS) {
    return wrongUsage("serve", `--workers must be a whole number from 1 to ${MAX_WORKERS}.`);
  }
  const keepsRecords = !parsed.values["no-records"];
  if (!keepsRecords && workers > 1) {
    return wrongUsage("serve", "--no-records is for one process, without --workers.");
  }
  const env = readEnvironment();
  let config: Config;
  try {
    config = loadConfig({ env, insecure, isTerminal: Deno.stderr.isTerminal() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { allProblems } = await import("./serve/run_server.ts");
    console.error(`${await allProblems(error, env)}\n\nslimline serve --help lists every variable.`);
    return EXIT.usage;
  }
  configureLog(config.logLevel, config.logFormat);
  // Each loads its own alone: one process nothing of what several need, and a supervisor nothing of a server.
  if (isWorker) return await (await import("./serve/worker.ts")).serveAsWorker(config, telephone);
  if (insecure) createLog().warn("insecure", { meaning: "nobody is verified; loopback only" });
  const operators = config.adminToken === undefined
    ? await (await import("./admin_token.ts")).makeOperators(config.dataDir, createLog())
    : undefined;
  if (workers > 1) {
    const { supervise } = await import("./serve/supervise.ts");
    return await supervise(config, workers, insecure, operators);
  }
  return await (await import("./serve/run_server.ts")).runServer(config, {
    keepsRecords,
    operators,
    telephone: telephone && { load: telephone },
  });
}

/** Where what is said of a variable begins in a line of the help. */
const HELP_INDENT = 25;

type HelpedField = Pick<Field, "env" | "about" | "wanted" | "default">;

function helpText(): string {
  const required: readonly string[] = REQUIRED.map((name) => FIELDS[name].env);
  return [
    "Usage: slimline serve [--workers N] [--no-records] [--insecure]",
    "",
    "Answers calls that Twilio sends to POST /voice, until SIGTERM or SIGINT; then waits for calls to end.",
    "SIGHUP, or a change in BUSINESSES, makes it read the businesses again.",
    "",
    "  --workers N  N processes on one port, for as many cores; one that ends is started again (default 1: no others)",
    "  --no-records keep no record of calls, as when they are simulated; for one process",
    "  --insecure   verify nobody; only with HOST on loopback, for trying things out",
    "",
    "Configuration, from the environment:",
    "",
    ...Object.values(FIELDS).flatMap((field) => fieldHelp(field, required.includes(field.env))),
  ].join("\n");
}

/** Lines about a variable: what it is, what it is without being set, and what it may be. */
function fieldHelp({ env, about, wanted, ...field }: HelpedField, isRequired: boolean): string[] {
  const without = isRequired
    ? "required"
    : field.default === undefined
    ? "optional"
    : `default ${field.default}`;
  return [
    `  ${env.padEnd(HELP_INDENT - 3)} ${about}`,
    `  ${" ".repeat(HELP_INDENT - 2)}(${without}${wanted === undefined ? "" : `; ${wanted}`})`,
  ];
}
