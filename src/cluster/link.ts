/** Where each worker answers its siblings, by index; null while it is not running. */
export type WorkerPorts = readonly (number | null)[];

/** What the supervisor tells a worker: one JSON object a line, on its standard input. When that ends, so does the worker. */
export type ToWorker =
  | {
    is: "start";
    /** Counts from 0. */
    worker: number;
    workers: number;
    /** To listen on; 0: to take a free one, which the others then share. */
    port: number;
    /** Workers know each other by it. */
    secret: string;
    /** Another process was this worker before. */
    isRestart: boolean;
  }
  | { is: "siblings"; ports: WorkerPorts };

/** Most workers: each can use a core. */
export const MAX_WORKERS = 64;

/** What a worker tells the supervisor, on its standard output. */
export interface FromWorker {
  is: "listening";
  /** Of Twilio's webhooks and streams, shared by all workers. */
  port: number;
  /** Where it answers its siblings, on this machine alone. */
  internalPort: number;
}

/** One worker's part of what all share: the first ones get what cannot be divided. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.floor(total / workers) + (worker < total % workers ? 1 : 0);
}
