/** The port at which each worker answers its siblings, by index; null while it is not running. */
export type WorkerPorts = readonly (number | null)[];

/**
 * What the supervisor tells a worker: one JSON object per line on its standard input. The worker stops when
 * that ends.
 */
export type ToWorker =
  | {
    is: "start";
    /** Counts from 0. */
    worker: number;
    workers: number;
    /** To listen on; 0: pick a free one, which the others then share. */
    port: number;
    /** Authorises workers to each other. */
    secret: string;
    /** Replaces a process that ended. */
    isRestart: boolean;
    /** The token of operators, where the supervisor made one. */
    adminToken?: string;
    /** Of the sign-in link; the first worker alone gets it, and once. */
    signInCode?: string;
  }
  | { is: "siblings"; ports: WorkerPorts };

/** Most workers of one supervisor. Each can use a core. */
export const MAX_WORKERS = 64;

/** What a worker tells the supervisor, on its standard output. */
export type FromWorker =
  | {
    is: "listening";
    /** For Twilio's webhooks and streams, shared by all workers. */
    port: number;
    /** For its siblings, on the loopback interface. */
    internalPort: number;
  }
  /** Its event loop runs; said every {@link ALIVE_EVERY_MS} from then on. */
  | { is: "alive" };

/** How often a worker that listens says that it is alive. */
export const ALIVE_EVERY_MS = 5_000;

/** One worker's share of a total. The first workers get the remainder, one each. */
export function evenShare(total: number, worker: number, workers: number): number {
  return Math.floor(total / workers) + (worker < total % workers ? 1 : 0);
}
