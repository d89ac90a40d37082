/** How long a connection waits for the server to be there again, as Twilio waits for an answer. */
const PATIENCE_MS = 15_000;
const RETRY_MS = 50;

/**
 * A port that stays while the server behind it dies and comes back, as that of a service manager's socket or of a load balancer:
 * a new connection waits for the server. What was open when it died breaks.
 */
export class HeldConnections implements AsyncDisposable {
  /** The port of the server, or undefined while there is none. */
  serverPort: number | undefined;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Promise<void>>();
  readonly #accepting = this.#accept();

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#open);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const served = this.#serve(client).finally(() => this.#open.delete(served));
      this.#open.add(served);
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const server = await this.#connect();
    if (!server) return client.close();
    client.setNoDelay();
    server.setNoDelay();
    await Promise.all([carry(client, server), carry(server, client)]);
  }

  async #connect(): Promise<Deno.TcpConn | undefined> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      if (this.serverPort !== undefined) {
        try {
          return await Deno.connect({ hostname: "127.0.0.1", port: this.serverPort });
        } catch (error) {
          if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return undefined;
  }
}

/** Carries what one end says to the other until either is gone; then both are. */
async function carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
      for (let at = 0; at < read;) at += await to.write(buffer.subarray(at, read));
    }
  } catch {
    // One of them is gone.
  }
  closeOnce(from);
  closeOnce(to);
}

function closeOnce(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // the other way has closed it
  }
}
