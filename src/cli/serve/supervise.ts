import { type Config, ConfigError } from "../../config/config.ts";
import { createLog } from "../../observability/log.ts";
import { messageOf } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { Supervisor } from "../../cluster/supervisor.ts";
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
    secret: crypto.randomUUID(),
    spawn: () => spawnWorker(program, isInsecure),
    clock,
    log,
  });
  using _hangup = onHangup(() => supervisor.signal("SIGHUP"));
  supervisor.start();
  void supervisor.listening.then((port) => log.info("workers_listening", { host, port, workers }));
  while (true) {
    const wish = await Promise.race([stops.next(), supervisor.finished]);
    if (typeof wish === "number") return wish;
    log.info("draining_workers", { signal: wish, workers });
    supervisor.stop();
  }
}

/**
 * Why nobody can listen there; undefined when somebody can. Workers would share a port with strangers too: with another
 * server of the same user, forgotten there.
 */
function listenTrouble(hostname: string, port: number): string | undefined {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
