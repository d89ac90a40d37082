import { isOutOfDescriptors } from "../util/descriptor_reserve.ts";
import { messageOf } from "../util/errors.ts";
import { Generation } from "./generation.ts";
import type { Handler } from "./router.ts";

/** A listener that died listens again within this time, or is lost. */
const LISTENS_AGAIN_WITHIN_MS = 1_000;
/** Between two attempts to listen again. */
const RETRY_MS = 5;
/**
 * A listener that dies again so soon waits before it listens: what calls must open in the meantime can be
 * opened.
 */
const SOON_MS = 5_000;
const PAUSE_MS = 100;
/** A renewal that did not help is not tried again for twice as long as before, up to this. */
const RENEW_PAUSE_MS = { first: 2_000, most: 60_000 };
/** How often it is looked whether an earlier generation is idle. */
const LOOK_EVERY_MS = 1_000;
/** Longest wait for requests to be answered when it stops. */
const SHUTDOWN_MS = 2_000;

/** How a server listens. */
export interface ListenOptions {
  /**
   * Lets other processes listen on the same port (SO_REUSEPORT): the kernel gives each new connection to one
   * of them. Needs `--unstable-net`.
   */
  reusePort?: boolean;
  observer?: ListenObserver;
}

/** Who is told what becomes of a listener. */
export interface ListenObserver {
  /**
   * It accepts no more connections, and tries to listen again right after this: the time to release some
   * descriptors.
   */
  onDied?(message: string): void;
  /**
   * It could not listen for want of a descriptor, and tries again soon: the time to release all that can be
   * released.
   */
  onShort?(): void;
  /** It listens again, after it died or was renewed. @param deaths how often it died */
  onAgain?(deaths: number): void;
}

/** A listening server. */
export interface Listener {
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Resolves with the reason when it does not listen any more, and could not again within
   * {@link LISTENS_AGAIN_WITHIN_MS}.
   */
  readonly lost: Promise<string>;
  /** WebSockets that were closed some seconds ago and whose peers keep them open. */
  readonly lingering: number;
  /**
   * Closes every connection and listens anew, unless a request is being answered or a WebSocket is in use:
   * what else is open only takes up descriptors. Not again soon after it did. Returns whether it did.
   */
  renew(): boolean;
  /**
   * Stops listening and closes every connection, WebSockets included. A request that is not answered within
   * {@link SHUTDOWN_MS} keeps its own: the runtime, once told to wait for answers, cuts none of them off.
   */
  stop(): Promise<void>;
}

/**
 * Listens for HTTP on `host` and `port` (0 picks a free one), and listens again should the runtime stop to
 * accept connections.
 *
 * @throws {Deno.errors.AddrInUse} and the like when the address is not available
 */
export function listen(handle: Handler, host: string, port: number, options: ListenOptions = {}): Listener {
  return new WatchedListener(handle, host, port, options);
}

class WatchedListener implements Listener {
  readonly port: number;
  readonly #lost = Promise.withResolvers<string>();
  readonly #observer: ListenObserver;
  readonly #listen: (port: number) => Generation;
  readonly #timer: ReturnType<typeof setInterval>;
  /** The one that accepts connections. */
  #current: Generation;
  /** Those that accept no more, and over whose connections calls are held. No more than there are calls. */
  readonly #earlier = new Set<Generation>();
  #deaths = 0;
  #diedMs = -Infinity;
  #isListening = true;
  #renewal = { atMs: -Infinity, pauseMs: 0 };
  #isStopping = false;

  constructor(
    handle: Handler,
    host: string,
    port: number,
    { reusePort = false, observer = {} }: ListenOptions,
  ) {
    this.#observer = observer;
    this.#listen = (port) => {
      const generation: Generation = new Generation({
        handle,
        host,
        port,
        reusePort,
        onDead: (error) => void this.#onDead(generation, error),
      });
      return generation;
    };
    this.#current = this.#listen(port);
    this.port = this.#current.port;
    this.#timer = setInterval(() => this.#abortIdle(), LOOK_EVERY_MS);
  }

  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  get lingering(): number {
    let sum = this.#current.lingering;
    for (const generation of this.#earlier) sum += generation.lingering;
    return sum;
  }

  renew(): boolean {
    if (!this.#isListening || this.#isStopping || this.#current.isBusy) return false;
    const nowMs = performance.now();
    const { atMs, pauseMs } = this.#renewal;
    if (nowMs - atMs < pauseMs) return false;
    const { first, most } = RENEW_PAUSE_MS;
    this.#renewal = { atMs: nowMs, pauseMs: nowMs - atMs > most ? first : Math.min(2 * pauseMs, most) };
    this.#isListening = false;
    this.#current.abort();
    void this.#again();
    return true;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    for (const generation of this.#earlier) generation.abort();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, SHUTDOWN_MS));
    await Promise.race([this.#current.shutdown().catch(() => {}), late]); // it may have ended by itself
    clearTimeout(timer);
  }

  async #onDead(generation: Generation, error: Error): Promise<void> {
    if (this.#isStopping) return;
    this.#isListening = false;
    this.#earlier.add(generation);
    this.#deaths++;
    const isSoon = performance.now() - this.#diedMs < SOON_MS;
    this.#diedMs = performance.now();
    this.#observer.onDied?.(messageOf(error));
    this.#abortIdle();
    if (isSoon) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await this.#again();
  }

  async #again(): Promise<void> {
    const untilMs = performance.now() + LISTENS_AGAIN_WITHIN_MS;
    while (!this.#isStopping) {
      try {
        this.#current = this.#listen(this.port);
        this.#isListening = true;
        return this.#observer.onAgain?.(this.#deaths);
      } catch (error) {
        if (performance.now() > untilMs) return this.#lost.resolve(messageOf(error));
        this.#abortIdle(); // a request that was being answered has been by now
        if (isOutOfDescriptors(error)) this.#observer.onShort?.();
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /**
   * Closes what is left of earlier generations without calls: idle connections, which nothing else closes.
   */
  #abortIdle(): void {
    for (const generation of this.#earlier) {
      if (generation.isBusy) continue;
      this.#earlier.delete(generation);
      generation.abort();
    }
  }
}
