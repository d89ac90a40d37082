import type { Log } from "../observability/log.ts";
import { type Backoff, backoffMs } from "../util/backoff.ts";
import { after, type Clock, type Timer, within } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";
import { LINK_WORKER } from "./worker_sessions.ts";

/** Pauses before a worker is restarted. */
export const RESTART: Backoff = { firstMs: 500, maxMs: 30_000 };
/** A worker that ran for this long was healthy: its end counts as the first failure. */
export const HEALTHY_AFTER_MS = 60_000;

/** A worker that was told to stop ends within this time after its drain, or is killed. */
const STOPS_WITHIN_MS = 15_000;

/**
 * A worker that listens and says nothing for so long stands still: the kernel goes on to give it connections,
 * which nobody answers.
 */
export const SILENT_AFTER_MS = 30_000;

/** A worker's process. */
export interface WorkerProcess {
  readonly pid: number;
  /** Its messages, until it ends. */
  readonly messages: AsyncIterable<FromWorker>;
  /** Does nothing once the process has ended. */
  tell(message: ToWorker): void;
  /** Does nothing once the process has ended. */
  signal(signal: Deno.Signal): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<WorkerEnd>;
}

/** How a worker's process ended. */
export interface WorkerEnd {
  code: number;
  signal: Deno.Signal | null;
}

export interface SupervisorOptions {
  workers: number;
  /** To listen on; 0: the first worker picks a free one. */
  port: number;
  secret: string;
  /** How long a worker that was told to stop may wait for its calls. */
  drainMs: number;
  /** The token of operators and the code of the sign-in link, where they were made here. */
  operators?: { readonly adminToken: string; readonly signInCode: string };
  /** Starts a process. May throw when the system cannot start another. */
  spawn: () => WorkerProcess;
  clock: Clock;
  log: Log;
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number;
}

/** One place among the workers, whichever process holds it. */
interface Place {
  readonly worker: number;
  /** Processes in a row that ended before they were healthy. */
  failures: number;
  process: WorkerProcess | undefined;
  internalPort: number | null;
  /** Whether the next process replaces an earlier one. */
  isRestart: boolean;
  startedMs: number;
}

/**
 * Keeps a number of workers running on one port, and restarts one that ends after a pause. When a worker ends
 * before any has listened, something is wrong with the configuration, and the supervisor ends too.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #places: Place[];
  readonly #restarts = new Set<Timer>();
  readonly #finished = Promise.withResolvers<number>();
  readonly #listening = Promise.withResolvers<number>();
  #port: number;
  /** Whether a worker has ever listened. */
  #hasListened = false;
  #isStopping = false;
  /** Set while workers are told to stop: kills those that do not. */
  #kill: Timer | undefined;
  /** The worst exit code of a worker that was told to stop. */
  #code = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#places = Array.from({ length: options.workers }, (_, worker) => ({
      worker,
      failures: 0,
      process: undefined,
      internalPort: null,
      isRestart: false,
      startedMs: 0,
    }));
  }

  /**
   * Starts the first worker, and the others once it listens: only then is the port known, and known to be
   * free.
   */
  start(): void {
    this.#start(this.#places[0]);
  }

  /** Resolves with the shared port once all workers listen for the first time; may never resolve. */
  get listening(): Promise<number> {
    return this.#listening.promise;
  }

  /** Resolves with the exit code when the last worker has ended and none will be restarted. */
  get finished(): Promise<number> {
    return this.#finished.promise;
  }

  /** Passes a signal on to all workers. */
  signal(signal: Deno.Signal): void {
    for (const { process } of this.#places) process?.signal(signal);
  }

  /** Makes all workers drain and end, and restarts none. Call it again to cut the drain short. */
  stop(): void {
    const { clock, drainMs } = this.#options;
    this.#kill?.cancel();
    this.#kill = after(clock, STOPS_WITHIN_MS + (this.#isStopping ? 0 : drainMs), () => this.#killAll());
    this.#isStopping = true;
    for (const timer of this.#restarts) timer.cancel();
    this.#restarts.clear();
    this.signal("SIGTERM");
    this.#finishIfDone();
  }

  #killAll(): void {
    for (const { worker, process } of this.#places) {
      if (process) this.#options.log.error("worker_killed", { worker, meaning: "it did not end in time" });
    }
    this.signal("SIGKILL");
  }

  #start(place: Place): void {
    const { workers, secret, operators, spawn, clock, log } = this.#options;
    const { worker } = place;
    place.startedMs = clock.now();
    let process: WorkerProcess;
    try {
      process = spawn();
    } catch (error) {
      log.error("worker_not_started", { worker, message: messageOf(error) });
      return this.#startAgain(place, { code: 1, signal: null });
    }
    place.process = process;
    log.info("worker_started", { worker, pid: process.pid });
    const { isRestart } = place;
    place.isRestart = true;
    process.tell({
      is: "start",
      worker,
      workers,
      port: this.#port,
      secret,
      isRestart,
      ...operators && { adminToken: operators.adminToken },
      ...operators && worker === LINK_WORKER && !isRestart && { signInCode: operators.signInCode },
    });
    void this.#listen(place, process);
    void process.ended.then((end) => this.#onEnded(place, end));
  }

  async #listen(place: Place, process: WorkerProcess): Promise<void> {
    let silence: Timer | undefined;
    for await (const message of process.messages) {
      silence?.cancel();
      if (place.process !== process) return;
      silence = within(this.#options.clock, SILENT_AFTER_MS, () => this.#onSilent(place, process));
      if (message.is !== "listening") continue;
      const { port, internalPort } = message;
      this.#port = port;
      place.internalPort = internalPort;
      if (!this.#hasListened) this.#startOthers(place);
      this.#hasListened = true;
      this.#tellPorts();
      if (this.#places.every((each) => each.internalPort !== null)) this.#listening.resolve(port);
    }
    silence?.cancel();
  }

  /**
   * Its calls hear nothing any more, and Twilio sends them to their fallback once its sockets are gone. Of
   * those that stop, the drain has a bound of its own.
   */
  #onSilent({ worker }: Place, process: WorkerProcess): void {
    if (this.#isStopping) return;
    const meaning = `it has not been heard of for ${SILENT_AFTER_MS / 1000} s`;
    this.#options.log.error("worker_killed", { worker, meaning });
    process.signal("SIGKILL");
  }

  #startOthers(first: Place): void {
    for (const place of this.#places) {
      if (place !== first && !this.#isStopping) this.#start(place);
    }
  }

  #tellPorts(): void {
    const ports = this.#places.map(({ internalPort }) => internalPort);
    for (const { process } of this.#places) process?.tell({ is: "siblings", ports });
  }

  #onEnded(place: Place, end: WorkerEnd): void {
    place.process = undefined;
    place.internalPort = null;
    this.#tellPorts();
    if (this.#isStopping) {
      this.#code = Math.max(this.#code, end.code);
      return this.#finishIfDone();
    }
    this.#startAgain(place, end);
  }

  #startAgain(place: Place, { code, signal }: WorkerEnd): void {
    const { clock, log, random = Math.random } = this.#options;
    const { worker } = place;
    if (!this.#hasListened) {
      log.error("workers_cannot_start", { worker, code, signal });
      return this.#finished.resolve(code || 1);
    }
    const hasRunWell = clock.now() - place.startedMs >= HEALTHY_AFTER_MS;
    place.failures = hasRunWell ? 1 : place.failures + 1;
    const delayMs = Math.round(backoffMs(RESTART, place.failures, random()));
    log.error("worker_ended", { worker, code, signal, restartMs: delayMs });
    const timer = after(clock, delayMs, () => {
      this.#restarts.delete(timer);
      this.#start(place);
    });
    this.#restarts.add(timer);
  }

  #finishIfDone(): void {
    if (this.#places.some(({ process }) => process !== undefined)) return;
    this.#kill?.cancel();
    this.#finished.resolve(this.#code);
  }
}
