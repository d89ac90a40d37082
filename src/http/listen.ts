import type { Handler } from "./router.ts";

/** How a server listens. */
export interface ListenOptions {
  /**
   * Lets other processes listen on the same port (SO_REUSEPORT): the kernel gives each new connection to one of them.
   * Needs `--unstable-net`.
   */
  reusePort?: boolean;
}

/** A listening server. */
export interface Listener {
  /** The port that it listens on. */
  readonly port: number;
  /** Stops listening and closes every connection, WebSockets included. */
  stop(): Promise<void>;
}

/**
 * Listens for HTTP on `host` and `port` (0 picks a free one).
 *
 * @throws {Deno.errors.AddrInUse} and the like when the address is not available
 */
export function listen(
  handle: Handler,
  host: string,
  port: number,
  { reusePort = false }: ListenOptions = {},
): Listener {
  const server = Deno.serve(
    { hostname: host, port, reusePort, onListen: () => {} },
    (request, info) => handle(request, info.remoteAddr.hostname),
  );
  return { port: server.addr.port, stop: () => server.shutdown() };
}
