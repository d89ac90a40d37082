import { type Config, ConfigError } from "../../config/config.ts";
import { createLog } from "../../telemetry/log.ts";
import { messageOf } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { Supervisor } from "../../workers/supervisor.ts";
import { EXIT } from "../exit.ts";
import { ProcessError } from "../process_error.ts";
import { type Program, selfAs } from "../self.ts";
import { onHangup, StopSignals } from "../stop_signals.ts";
import { spawnWorker } from "./worker_process.ts";

/** `slimline serve --workers N`: keeps N servers on one port until a signal stops them. */
export async function supervise(
  config: Config,
  workers: number,
  isInsecure: boolean,
): Promise<number> {
  const log = createLog();
  let program: Program;
  try {
    if (config.maxCalls !== undefined && config.maxCalls < workers) {
      throw new ConfigError([{
        env: "MAX_CALLS",
        problem: "must be at least the number of workers, who share it",
        example: String(workers),
      }]);
    }
    program = await selfAs("server");
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ProcessError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
  if (!isFree(config.host, config.port)) {
    log.error("cannot_listen", { host: config.host, port: config.port, message: "The address is in use." });
    return EXIT.failed;
  }
  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  using stops = new StopSignals(clock);
  const supervisor = new Supervisor({
    workers,
    port: config.port,
    secret: crypto.randomUUID(),
    spawn: () => spawnWorker(program, isInsecure),
    clock,
    log,
  });
  using _hangup = onHangup(() => supervisor.signal("SIGHUP"));
  supervisor.start();
  void supervisor.listening.then((port) =>
    log.info("workers_listening", { host: config.host, port, workers })
  );
  let isOver = false;
  void supervisor.finished.then(() => isOver = true);
  while (!isOver) {
    const signal = await Promise.race([stops.next(), supervisor.finished]);
    if (typeof signal === "number") break;
    log.info("draining_workers", { signal, workers });
    supervisor.stop();
  }
  return await supervisor.finished;
}

/** A shared port could be shared with strangers, too: another server of the same user, forgotten there. */
function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
