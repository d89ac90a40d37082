import { after, type Clock, type Timer, within } from "./clock.ts";

/** How long work may take that can be broken off. Dispose of it when the work is over. */
export class Deadline implements Disposable {
  readonly #late = new AbortController();
  readonly #timer: Timer;
  /** Aborted when it is too late, or before that by who called the work off. */
  readonly signal: AbortSignal;

  /**
   * @param ms in which this process is able to work
   * @param calledOff breaks the work off sooner. Default: nobody does
   */
  constructor(clock: Clock, ms: number, calledOff?: AbortSignal) {
    const message = `It took longer than ${ms} ms.`;
    this.#timer = within(clock, ms, () => this.#late.abort(new DOMException(message, "TimeoutError")));
    this.signal = calledOff ? AbortSignal.any([calledOff, this.#late.signal]) : this.#late.signal;
  }

  /** True when the work took too long. */
  get isOver(): boolean {
    return this.#late.signal.aborted;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }
}

/** What a promise resolves with, unless the signal is aborted first: not all work can be interrupted. */
export async function raced<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Whether `work` settles within `ms`, for better or worse. What takes longer goes on unheeded. Never rejects.
 */
export async function settledWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<false>();
  const timer = after(clock, ms, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true, () => true), tooLate]);
  } finally {
    timer.cancel();
  }
}
