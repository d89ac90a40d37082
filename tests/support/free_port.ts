/** Below the ports that systems give to outgoing connections (Linux: from 32,768 on), above those of services. */
const [FIRST, LAST] = [10_000, 32_000];
const MAX_TRIES = 100;

/**
 * A port of this machine that nobody listens on, for a process that will: no connection can come by it
 * meanwhile.
 */
export function freePort(): number {
  for (let tries = 1;; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries === MAX_TRIES) throw error;
    }
  }
}
