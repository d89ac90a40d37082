import { businessProblems, createApp, openBusinesses } from "../app.ts";
import {
  type Config,
  ConfigError,
  loadConfig,
  type LoadOptions,
  readFields,
  REQUIRED,
} from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { type Field, FIELDS } from "../config/fields.ts";
import { listen } from "../http/server.ts";
import { configureLog, createLog, type Log } from "../telemetry/log.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";
import { parseCommand } from "./arguments.ts";
import { EXIT } from "./exit.ts";
import { StopSignals } from "./stop_signals.ts";

/** `slimline serve`: answers calls until a signal stops it. */
export async function serve(argv: string[]): Promise<number> {
  const parsed = parseCommand(
    { command: "serve", args: argv, options: { insecure: { type: "boolean" } } },
    helpText(),
  );
  if (typeof parsed === "number") return parsed;
  const env = readEnvironment();
  let config: Config;
  try {
    config = loadConfig({
      env,
      insecure: parsed.values.insecure,
      isTerminal: Deno.stderr.isTerminal(),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`${await allProblems(error, env)}\n\nslimline serve --help lists every variable.`);
    return EXIT.usage;
  }
  configureLog(config.logLevel, config.logFormat);
  const log = createLog();
  keepAlive(log);
  if (parsed.values.insecure) log.warn("insecure", { meaning: "nobody is verified; loopback only" });

  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  let opened;
  try {
    opened = await openBusinesses({ config, clock, log });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
  using businesses = opened;
  using _hangup = onHangup(() => void businesses.reload());
  await using app = await createApp({ config, clock, log, businesses: businesses.directory });
  using stops = new StopSignals(clock); // before anybody can know that this runs, and stop it
  let server;
  try {
    server = listen(app.handle, config.host, config.port);
  } catch (error) {
    log.error("cannot_listen", { host: config.host, port: config.port, message: messageOf(error) });
    return EXIT.failed;
  }
  log.info("listening", { host: config.host, port: server.port, publicUrl: config.publicUrl });
  const signal = await stops.next();
  log.info("draining", { signal, activeCalls: app.calls.active, seconds: config.drainSeconds });
  await Promise.race([app.drain(config.drainSeconds), stops.next()]);
  app.endViews();
  // Only now: shutting the server down closes its live WebSockets at once.
  await server.stop();
  log.info("stopped");
  return EXIT.good;
}

/** Everything that keeps a server from starting, so that one correction round is enough: of the business files too. */
async function allProblems(error: ConfigError, env: LoadOptions["env"]): Promise<string> {
  const { businesses } = readFields(env).raw;
  const problems = businesses === undefined ? [] : await businessProblems(businesses);
  if (problems.length === 0) return error.message;
  return [error.message, `The business files in ${businesses} have problems:`, ...problems.map(indented)]
    .join(
      "\n",
    );
}

function indented(line: string): string {
  return `  ${line}`;
}

/** An error that nobody caught ends what it belongs to, never the process with all its other calls. */
function keepAlive(log: Log): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    log.error("uncaught_error", { message: event.message });
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled_rejection", { message: messageOf(event.reason) });
  });
}

/** SIGHUP asks a server to read its files again. */
function onHangup(reload: () => void): Disposable {
  Deno.addSignalListener("SIGHUP", reload);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", reload) };
}

/** Where what is said of a variable begins in a line of the help. */
const HELP_INDENT = 25;

type HelpedField = Pick<Field, "env" | "about" | "wanted" | "default">;

function helpText(): string {
  const required: readonly string[] = REQUIRED.map((name) => FIELDS[name].env);
  return [
    "Usage: slimline serve [--insecure]",
    "",
    "Answers calls that Twilio sends to POST /voice, until SIGTERM or SIGINT; then waits for calls to end.",
    "SIGHUP, or a change in the folder BUSINESSES, makes it read the business files again.",
    "",
    "  --insecure  verify nobody; only with HOST on loopback, for trying things out",
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
