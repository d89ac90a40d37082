import { type App, createApp, type JoinWorkers } from "../../app/app.ts";
import { type Config, type ConfigError, type LoadOptions, MISSING, readFields } from "../../config/config.ts";
import {
  countDescriptors,
  LEAST_DESCRIPTORS,
  openReserve,
  ProcessSockets,
} from "../../app/process_sockets.ts";
import type { TelephoneOptions } from "../../app/lazy_telephone.ts";
import { listen, type Listener } from "../../http/listen.ts";
import { createLog, flushLog, type Log } from "../../observability/log.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { ownAddress } from "../../util/loopback.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { forgetOperators, type MadeOperators, printSignInLink } from "../admin_token.ts";
import { EXIT, typedCommand } from "../arguments.ts";
import { onHangup, StopSignals } from "../stop_signals.ts";
import { readSource } from "../../businesses/settle.ts";
import { readVariable } from "../../config/environment.ts";
import { businessSource, sharedServices } from "../../services/shared_services.ts";
import { dropPermissions } from "./drop_permissions.ts";
import { listenObserver, watchSockets } from "./socket_watch.ts";
import { shownUrl } from "../../util/shown_url.ts";

/** Once a server has stopped, its process ends within this time, whatever does not close. */
const ENDS_WITHIN_MS = 5_000;

/** How a server that shares its port deals with the others. */
export interface SharedPort {
  /** Which one this is; named in each event of its log. */
  readonly worker: number;
  readonly join: JoinWorkers;
  readonly streamSecret: string;
  /** Of the sign-in link; undefined when another process has it. */
  readonly signInCode: string | undefined;
  /** Called once this server answers. */
  listening(port: number, internalPort: number): void;
  /** Resolves when the supervisor, which would stop this server, has gone. */
  readonly gone: Promise<void>;
}

/** How a server is run. */
export interface RunOptions {
  /** Default: it is alone. */
  shared?: SharedPort;
  /** Default true. */
  keepsRecords?: boolean;
  /** Made for this start; default `ADMIN_TOKEN` is set. */
  operators?: MadeOperators;
  /** By which operators call it from their browser. Default: there is none. */
  telephone?: Omit<TelephoneOptions, "address">;
  /** Whoever uses this machine is an operator. Default false. */
  isOpenHere?: boolean;
  /** Keeps the permission to run programs. Default false. */
  mayRun?: boolean;
  /** Called once it answers. */
  onListening?: (port: number) => void;
}

/**
 * Answers calls until a signal stops it, and ends in good order. Resolves with the exit code; ends the
 * process itself when something does not close.
 */
export async function runServer(configured: Config, options: RunOptions = {}): Promise<number> {
  const { shared, keepsRecords = true, operators, isOpenHere, mayRun = false, onListening } = options;
  const config = operators ? { ...configured, adminToken: operators.adminToken } : configured;
  const log = createLog(shared && { worker: shared.worker });
  await dropPermissions(config, { startsWorkers: mayRun });
  keepAlive(log);
  const { free, wanted } = await countDescriptors(config);
  if (free < LEAST_DESCRIPTORS) {
    console.error(tooFewDescriptors(free, wanted));
    return EXIT.usage;
  }
  if (free < wanted) log.warn("few_descriptors", { free, wanted, meaning: "raise the limit nofile" });
  using sockets = new ProcessSockets(await openReserve(config, free));
  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  let created: App;
  let server: Listener;
  let internal: Listener | undefined;
  try {
    const { join, streamSecret } = shared ?? {};
    const { signInCode } = operators ?? shared ?? {};
    const records = keepsRecords;
    const telephone = options.telephone && {
      ...options.telephone,
      // A worker is called where no other answers: what Twilio would be asked for is done to its own calls.
      address: () => internal ? ownAddress("127.0.0.1", internal.port) : ownAddress(config.host, server.port),
    };
    const access = { signInCode, isOpenHere };
    created = await createApp({
      config,
      clock,
      log,
      join,
      streamSecret,
      records,
      sockets,
      telephone,
      ...access,
    });
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith("businesses_"))) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
  using deadline = endDeadline(log); // over once all that is declared below is closed
  await using app = created;
  using _hangup = onHangup(() => void app.reload());
  using stops = new StopSignals(clock); // before anybody can see that this runs, and stop it
  const observer = listenObserver(sockets, log);
  try {
    internal = app.internal && listen(app.internal, "127.0.0.1", 0, { observer });
    server = listen(app.handle, config.host, config.port, { reusePort: shared !== undefined, observer });
  } catch (error) {
    log.error("cannot_listen", { host: config.host, port: config.port, message: messageOf(error) });
    await internal?.stop();
    return EXIT.failed;
  }
  sockets.listener = server;
  using watch = watchSockets(app, sockets, server, clock, log);
  log.info("listening", { host: config.host, port: server.port, publicUrl: shownUrl(config.publicUrl) });
  onListening?.(server.port);
  if (operators) printSignInLink(operators, config.host, server.port);
  if (internal) shared?.listening(server.port, internal.port);
  const lost = Promise.race([watch.lost, ...internal ? [internal.lost] : []])
    .then((message) => ({ message }));
  const why = await Promise.race([stops.next(), lost, ...shared ? [shared.gone.then(() => "gone")] : []]);
  if (typeof why === "string") {
    sayHowToEndSooner(why, app.calls.active);
    log.info("draining", { signal: why, activeCalls: app.calls.active, seconds: config.drainSeconds });
    await Promise.race([app.drain(config.drainSeconds), endSooner(app, stops)]);
  } else log.error("listener_lost", why); // whoever starts it again is quicker than a drain
  app.endViews();
  // Only now: shutting the server down closes its live WebSockets at once.
  await Promise.all([server.stop(), internal?.stop()]);
  if (operators) await forgetOperators(config.dataDir, operators);
  log.info("stopped");
  flushLog();
  deadline.start();
  return typeof why === "string" ? EXIT.good : EXIT.failed;
}

/** To whoever pressed Ctrl-C, and sees a server that goes on. */
function sayHowToEndSooner(signal: string, calls: number): void {
  if (signal !== "SIGINT" || calls === 0 || !Deno.stderr.isTerminal()) return;
  const them = calls === 1 ? "A call goes on" : `${calls} calls go on`;
  console.error(`${them}. Ctrl-C again gives callers their fallback, and once more ends at once.`);
}

/**
 * Waits for a second wish, and ends the calls: there is still the time in which Twilio asks what comes next,
 * so that callers get their fallback. A third wish does not wait for that either.
 */
async function endSooner(app: App, stops: StopSignals): Promise<void> {
  await stops.next();
  await Promise.race([app.drain(0), stops.next()]);
}

/** Ends the process when it has not ended by itself in time, once it is started. */
function endDeadline(log: Log): Disposable & { start(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    start() {
      timer = setTimeout(() => {
        log.error("close_failed", { what: "process", message: `not closed within ${ENDS_WITHIN_MS} ms` });
        Deno.exit(EXIT.failed);
      }, ENDS_WITHIN_MS);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function tooFewDescriptors(free: number, wanted: number): string {
  return `Only ${free} file descriptors are left to this process, and a server with its calls takes ${wanted}: ` +
    `raise the limit "nofile" (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker).`;
}

/** An uncaught error ends the call it belongs to, never the process with all its other calls. */
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

/**
 * Everything that keeps a server from starting, so that one round of corrections is enough: the businesses'
 * problems too. Whoever has set nothing yet is told what asks for it.
 */
export async function allProblems(error: ConfigError, env: LoadOptions["env"]): Promise<string> {
  const isMissing = error.problems.some(({ problem }) => problem === MISSING);
  const hint = isMissing
    ? ["", `${typedCommand("init NAME")} asks for what is missing, and writes .env.`]
    : [];
  return [error.message, ...await businessProblems(env), ...hint].join("\n");
}

async function businessProblems(env: LoadOptions["env"]): Promise<string[]> {
  const { businesses, mongodbUri } = readFields(env).raw;
  if (businesses === undefined || (businesses.in === "collection" && mongodbUri === undefined)) {
    return []; // the configuration's own problems say so
  }
  const config = { businesses, mongodbUri };
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices(config, clock, log);
  const source = await businessSource({ config, services, secrets: readVariable, clock, log });
  const { problems } = await readSource(source);
  if (problems.length === 0) return [];
  return [`The businesses in ${source.name} have problems:`, ...problems.map((problem) => `  ${problem}`)];
}
