import type { Handler } from "./router.ts";
import { withoutRest } from "./unread_body.ts";
import { upgradedSocket } from "./upgraded_sockets.ts";

/** A WebSocket is gone this long after we closed it, or its peer keeps it open. */
const CLOSES_WITHIN_MS = 5_000;
/** A request that is answered later than this does not keep a listener from being aborted. */
const ANSWERS_WITHIN_MS = 10_000;
/** Lingering WebSockets are counted so often at most: each call asks, and all sockets are looked at. */
const COUNT_EVERY_MS = 100;

/** Where a generation listens. */
export interface GenerationOptions {
  readonly handle: Handler;
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
  /** Told once when it accepts no more connections, for another reason than {@link Generation.abort}. */
  readonly onDead: (error: Error) => void;
}

/**
 * One `Deno.serve`, and what goes on over its connections. The runtime ends its accepting for good at the
 * first error, such as when the process has no descriptor left. Its connections live on then, calls among
 * them, and {@link abort} is the only thing that closes those which are idle: it closes them all.
 */
export class Generation {
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #aborting = new AbortController();
  #isOver = false;
  /** When each request that is being answered came. */
  readonly #requests = new Set<{ readonly atMs: number }>();
  /** By WebSocket: when it was first seen to be closing. */
  readonly #sockets = new Map<WebSocket, number | undefined>();
  #lingering = { count: 0, atMs: -Infinity };

  /** @throws {Deno.errors.AddrInUse} and the like when the address is not available */
  constructor({ handle, host, port, reusePort, onDead }: GenerationOptions) {
    this.#server = Deno.serve(
      { hostname: host, port, reusePort, signal: this.#aborting.signal, onListen: () => {} },
      (request, info) => this.#answer(handle, request, info.remoteAddr.hostname),
    );
    this.port = this.#server.addr.port;
    this.#server.finished.then(
      () => this.#isOver = true,
      (error) => this.#aborting.signal.aborted || onDead(error),
    );
  }

  /**
   * Whether a request that came lately is being answered or a WebSocket is in use over one of its
   * connections.
   */
  get isBusy(): boolean {
    const sinceMs = performance.now() - ANSWERS_WITHIN_MS;
    for (const { atMs } of this.#requests) if (atMs > sinceMs) return true;
    return this.#sockets.size > this.lingering;
  }

  /** WebSockets that we closed more than {@link CLOSES_WITHIN_MS} ago and whose peers keep them open. */
  get lingering(): number {
    const nowMs = performance.now();
    if (nowMs - this.#lingering.atMs < COUNT_EVERY_MS) return this.#lingering.count;
    let count = 0;
    for (const [socket, closingMs] of this.#sockets) {
      if (socket.readyState <= WebSocket.OPEN) continue;
      if (closingMs === undefined) this.#sockets.set(socket, nowMs);
      else if (nowMs - closingMs > CLOSES_WITHIN_MS) count++;
    }
    this.#lingering = { count, atMs: nowMs };
    return count;
  }

  /** Closes all of its connections at once, whatever they are used for. */
  abort(): void {
    if (!this.#isOver) this.#aborting.abort(); // the runtime throws when there is nothing to abort any more
  }

  /** Accepts no more, lets requests be answered, and closes the WebSockets. Resolves when all is over. */
  shutdown(): Promise<void> {
    return this.#server.shutdown();
  }

  async #answer(handle: Handler, request: Request, peer: string): Promise<Response> {
    const entry = { atMs: performance.now() };
    this.#requests.add(entry);
    try {
      const response = await handle(request, peer);
      const socket = upgradedSocket(response);
      if (socket) {
        this.#sockets.set(socket, undefined);
        socket.addEventListener("close", () => this.#forget(socket), { once: true });
        return response;
      }
      return await withoutRest(request, response);
    } finally {
      this.#requests.delete(entry);
    }
  }

  #forget(socket: WebSocket): void {
    this.#sockets.delete(socket);
    this.#lingering.atMs = -Infinity;
  }
}
