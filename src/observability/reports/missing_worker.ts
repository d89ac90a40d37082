/** A worker that did not answer, and why: its figures are in no sum. */
export interface MissingWorker {
  /** Counts from 0. */
  readonly worker: number;
  readonly missing: string;
}
