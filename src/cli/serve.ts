import { createApp, openBusinesses } from "../app.ts";
import { type Config, ConfigError, loadConfig } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { FIELDS } from "../config/fields.ts";
import { listen } from "../http/server.ts";
import { configureLog, createLog, type Log } from "../telemetry/log.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";
import { parseCommand } from "./arguments.ts";
import { EXIT } from "./exit.ts";
import { StopSignals } from "./stop_signals.ts";

/** `slimline serve`: answers calls until a signal stops it. */
export async function serve(argv: string[]): Promise<number> {
  const parsed = parseCommand({ args: argv, options: { insecure: { type: "boolean" } } }, helpText());
  if (typeof parsed === "number") return parsed;
  let config: Config;
  try {
    config = loadConfig({
      env: readEnvironment(),
      insecure: parsed.values.insecure,
      isTerminal: Deno.stderr.isTerminal(),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`${error.message}\n\nslimline serve --help lists every variable.`);
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

function helpText(): string {
  const fields = Object.values(FIELDS);
  const width = Math.max(...fields.map(({ env }) => env.length));
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
    ...fields.map(({ env, about }) => `  ${env.padEnd(width)}  ${about}`),
  ].join("\n");
}
