import type { JoinWorkers } from "../../app/app.ts";
import type { LoadTelephone } from "../../app/lazy_telephone.ts";
import type { Config } from "../../config/config.ts";
import { withSecret } from "../../http/operators.ts";
import { router } from "../../http/router.ts";
import { memoryLimit } from "../../observability/process_resources.ts";
import { readLines } from "../../util/read_lines.ts";
import { workerPeerRoutes, WorkerPeers } from "../../cluster/worker_peers.ts";
import { ALIVE_EVERY_MS, evenShare, type FromWorker, type ToWorker } from "../../cluster/worker_messages.ts";
import { allReports, reportRoutes } from "../../cluster/all_reports.ts";
import { sessionRoutes, WorkerSessions } from "../../cluster/worker_sessions.ts";
import { Siblings } from "../../cluster/siblings.ts";
import { EXIT } from "../arguments.ts";
import { runServer, type SharedPort } from "./run_server.ts";

type Start = Extract<ToWorker, { is: "start" }>;

/**
 * `slimline serve --worker`: one server of several, until its supervisor or a signal stops it.
 *
 * @param telephone by which operators call it from their browser; default there is none
 */
export async function serveAsWorker(config: Config, telephone?: LoadTelephone): Promise<number> {
  const link = await WorkerLink.open();
  if (link) {
    return await runServer(link.share(config), { shared: link, telephone: telephone && { load: telephone } });
  }
  console.error("slimline serve --worker is for slimline serve --workers N to start.");
  return EXIT.usage;
}

/** This process as one of several. Its supervisor is at the other end of the standard streams. */
class WorkerLink implements SharedPort {
  readonly #start: Start;
  readonly #siblings: Siblings;
  /** Of all workers. */
  #maxCalls: number | undefined;
  /** Runs when the siblings are known for the first time. */
  #onSiblings: (() => void) | undefined;
  /** Resolves when the supervisor has gone. */
  readonly gone: Promise<void>;

  private constructor(start: Start, messages: AsyncGenerator<ToWorker>) {
    this.#start = start;
    this.#siblings = new Siblings(start.worker, start.secret);
    this.gone = this.#read(messages);
  }

  /** Waits until the supervisor tells it which worker it is. Undefined when there is no supervisor. */
  static async open(): Promise<WorkerLink | undefined> {
    const messages = messagesFrom(Deno.stdin.readable);
    const first = await messages.next();
    return first.done || first.value.is !== "start" ? undefined : new WorkerLink(first.value, messages);
  }

  /** Counts from 0. */
  get worker(): number {
    return this.#start.worker;
  }

  /**
   * The configuration with this worker's share of what all have together. No session is opened ahead of its
   * call: most streams meet another worker than their webhook did.
   */
  share(config: Config): Config {
    this.#maxCalls = config.maxCalls;
    const { worker, workers, port } = this.#start;
    const limitMb = config.memoryLimitMb ?? megabytes(memoryLimit());
    return Object.freeze({
      ...config,
      adminToken: config.adminToken ?? this.#start.adminToken,
      port,
      maxCalls: config.maxCalls && evenShare(config.maxCalls, worker, workers),
      memoryLimitMb: limitMb && Math.floor(limitMb / workers),
      warmSessions: 0,
    });
  }

  get signInCode(): string | undefined {
    return this.#start.signInCode;
  }

  get streamSecret(): string {
    return this.#start.secret;
  }

  /** What differs in a program that has siblings. */
  readonly join: JoinWorkers = (services) => {
    const { own, sessions, admission, log } = services;
    const { worker, workers, isRestart, secret } = this.#start;
    const peers = new WorkerPeers(this.#siblings, services);
    if (isRestart && this.#maxCalls !== undefined) {
      const total = this.#maxCalls;
      admission.capacity = 0;
      this.#onSiblings = () =>
        void peers.takeSlots(total, (sibling) => evenShare(total, sibling, workers)).then(() =>
          log.info("slots_taken", { worker, slots: admission.capacity })
        );
    }
    const routes = router(
      { ...workerPeerRoutes(services), ...reportRoutes(own), ...sessionRoutes(sessions) },
      log,
    );
    return {
      peers,
      reports: allReports(own, this.#siblings),
      sessions: new WorkerSessions(sessions, this.#siblings),
      workers,
      internal: withSecret(secret, routes),
    };
  };

  /** Tells the supervisor that this worker answers calls, and where it answers its siblings. */
  listening(port: number, internalPort: number): void {
    tell({ is: "listening", port, internalPort });
    Deno.unrefTimer(setInterval(() => tell({ is: "alive" }), ALIVE_EVERY_MS));
  }

  async #read(messages: AsyncGenerator<ToWorker>): Promise<void> {
    for await (const message of messages) {
      if (message.is !== "siblings") continue;
      this.#siblings.update(message.ports);
      if (message.ports[this.worker] === null) continue;
      this.#onSiblings?.();
      this.#onSiblings = undefined;
    }
  }
}

function tell(message: FromWorker): void {
  console.log(JSON.stringify(message));
}

async function* messagesFrom(stdin: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ToWorker> {
  for await (const line of readLines(stdin)) yield JSON.parse(line);
}

function megabytes(bytes: number | undefined): number | undefined {
  return bytes && Math.floor(bytes / 2 ** 20);
}
