import type { Clock } from "../util/clock.ts";

/**
 * A signal that follows another this soon is the same one: a terminal, npm and a task runner may each pass it
 * on.
 */
const SAME_WISH_MS = 1_000;
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Where signals come from: the runtime. */
export type SignalSource = Pick<typeof Deno, "addSignalListener" | "removeSignalListener">;

/**
 * An operator's requests to stop the process. Listens all the time, because a signal without a listener ends
 * the process at once, with all its calls.
 */
export class StopSignals implements Disposable {
  readonly #listeners = SIGNALS.map((signal) => ({ signal, listen: () => this.#on(signal) }));
  readonly #clock: Clock;
  readonly #source: SignalSource;
  #lastMs = -Infinity;
  #resolve: ((signal: Deno.Signal) => void) | undefined;

  constructor(clock: Clock, source: SignalSource = Deno) {
    this.#clock = clock;
    this.#source = source;
    for (const { signal, listen } of this.#listeners) source.addSignalListener(signal, listen);
  }

  /** Resolves with the next request. */
  next(): Promise<Deno.Signal> {
    return new Promise((resolve) => this.#resolve = resolve);
  }

  [Symbol.dispose](): void {
    for (const { signal, listen } of this.#listeners) this.#source.removeSignalListener(signal, listen);
  }

  #on(signal: Deno.Signal): void {
    const now = this.#clock.now();
    if (now - this.#lastMs < SAME_WISH_MS) return;
    this.#lastMs = now;
    this.#resolve?.(signal);
  }
}

/** Runs `reload` at each SIGHUP, by which an operator asks a server to read its files again. */
export function onHangup(reload: () => void): Disposable {
  Deno.addSignalListener("SIGHUP", reload);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", reload) };
}
