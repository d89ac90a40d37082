import { type Config, ConfigError } from "../../config/config.ts";
import { envFileVariables } from "../../config/environment.ts";
import { createLog, flushLog } from "../../observability/log.ts";
import { messageOf } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { Supervisor, type WorkerProcess } from "../../cluster/supervisor.ts";
import { forgetOperators, type MadeOperators, printSignInLink } from "../admin_token.ts";
import { EXIT } from "../arguments.ts";
import { ProcessError, type Program, selfAs } from "../self.ts";
import { onHangup, StopSignals } from "../stop_signals.ts";
import { dropPermissions } from "./drop_permissions.ts";
import type { FromWorker, ToWorker } from "../../cluster/worker_messages.ts";
import { readLines } from "../../util/read_lines.ts";

/**
 * `slimline serve --workers N`: keeps N servers on one port until a signal stops them.
 * @param operators undefined where `ADMIN_TOKEN` is set
 */
export async function supervise(
  config: Config,
  workers: number,
  isInsecure: boolean,
  operators: MadeOperators | undefined,
): Promise<number> {
  const log = createLog();
  let program: Program;
  try {
    if (config.maxCalls !== undefined && config.maxCalls < workers) {
      const problem = "must be at least the number of workers, who share it";
      throw new ConfigError([{ env: "MAX_CALLS", problem, example: String(workers) }]);
    }
    const self = await selfAs("server", {
      flags: Deno.build.standalone ? [] : await workerPermissions(config),
    });
    program = { ...self, env: { ...self.env, ...envFileVariables() } };
    await dropPermissions(config, { startsWorkers: true });
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ProcessError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
  const { host, port } = config;
  const trouble = listenTrouble(host, port);
  if (trouble !== undefined) {
    log.error("cannot_listen", { host, port, message: trouble });
    return EXIT.failed;
  }
  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  using stops = new StopSignals(clock);
  const supervisor = new Supervisor({
    workers,
    port,
    drainMs: config.drainSeconds * 1_000,
    secret: crypto.randomUUID(),
    operators,
    spawn: () => spawnWorker(program, isInsecure),
    clock,
    log,
  });
  using _hangup = onHangup(() => supervisor.signal("SIGHUP"));
  supervisor.start();
  void supervisor.listening.then((port) => {
    log.info("workers_listening", { host, port, workers });
    if (operators) printSignInLink(operators, host, port);
  });
  while (true) {
    const signal = await Promise.race([stops.next(), supervisor.finished]);
    if (typeof signal === "number") {
      if (operators) await forgetOperators(config.dataDir, operators);
      flushLog();
      return signal;
    }
    log.info("draining_workers", { signal, workers });
    supervisor.stop();
  }
}

/**
 * Flags by which workers have the folders and the hosts of the configuration, and no others. The hosts are
 * found by a process of its own: reading the businesses would leave memory behind here.
 * @throws {ProcessError}
 */
async function workerPermissions({ businesses, dataDir }: Config): Promise<string[]> {
  const read = [...businesses.in === "folder" ? [businesses.path] : [], dataDir];
  const folders = [`--allow-read=${read}`, `--allow-write=${dataDir}`];
  const sys = "--allow-sys=networkInterfaces,systemMemoryInfo";
  const { command, args, env } = await selfAs("server", { flags: [...folders, sys] });
  const { success, stdout } = await new Deno.Command(command, {
    env: { ...env, ...envFileVariables() },
    args: [...args, "network", "--worker"],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const hosts = new TextDecoder().decode(stdout).trim();
  if (!success || hosts === "") throw new ProcessError("The hosts of this configuration cannot be found.");
  return [...folders, `--allow-net=${hosts}`];
}

/**
 * Why the port cannot be listened on; undefined when it can. Without this check, workers would share it with
 * any other server of the same user that was left running.
 */
function listenTrouble(hostname: string, port: number): string | undefined {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Starts `slimline serve --worker`. It logs where this process does. */
function spawnWorker({ command, args, env }: Program, isInsecure: boolean): WorkerProcess {
  const child = new Deno.Command(command, {
    env,
    args: [...args, "serve", "--worker", ...isInsecure ? ["--insecure"] : []],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const tell = (message: ToWorker) => {
    writer.write(encoder.encode(`${JSON.stringify(message)}\n`)).catch(() => {}); // it has ended
  };
  const ended = child.status.then(({ code, signal }) => {
    void writer.abort().catch(() => {}); // closed already; nobody waits for what could not be written
    return { code, signal };
  });
  return {
    pid: child.pid,
    messages: readMessages(child.stdout),
    tell,
    signal: (name) => signal(child, name),
    ended,
  };
}

async function* readMessages(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<FromWorker> {
  // Whatever else is printed there by mistake is no message.
  for await (const line of readLines(stdout)) if (line.startsWith('{"is":')) yield JSON.parse(line);
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // it has ended
  }
}
