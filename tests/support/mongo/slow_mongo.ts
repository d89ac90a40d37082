/**
 * A MongoDB that answers late: what a server says passes after {@link SlowMongo.delayMs}, each connection's in
 * order. One operation is under way on a connection at a time, so that is how long each of them takes longer.
 */
export class SlowMongo implements AsyncDisposable {
  /** Infinity: nothing passes, until it is set again. */
  #delayMs = 0;
  readonly #upstream: { readonly hostname: string; readonly port: number };
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;
  #changed = Promise.withResolvers<void>();

  /** How it is reached, instead of the server itself. */
  readonly uri: string;

  /** @param uri of the server */
  constructor(uri: string) {
    const url = new URL(uri);
    this.#upstream = { hostname: url.hostname, port: Number(url.port || 27_017) };
    url.host = `127.0.0.1:${this.#listener.addr.port}`;
    this.uri = url.href;
    this.#accepting = this.#accept();
  }

  get delayMs(): number {
    return this.#delayMs;
  }

  set delayMs(delayMs: number) {
    this.#delayMs = delayMs;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections.keys()) close(connection);
    this.delayMs = 0;
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const served = this.#serve(client).finally(() => {
        close(client);
        this.#connections.delete(client);
      });
      this.#connections.set(client, served);
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    let server: Deno.Conn;
    try {
      server = await Deno.connect(this.#upstream);
    } catch {
      return; // it is not there
    }
    const pass = () => Promise.resolve();
    await Promise.all([
      copy(client, server, pass).finally(() => close(server)),
      copy(server, client, () => this.#late()).finally(() => close(client)),
    ]);
  }

  async #late(): Promise<void> {
    while (this.#delayMs === Infinity) await this.#changed.promise;
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
  }
}

/** Until either end is closed. */
async function copy(from: Deno.Conn, to: Deno.Conn, before: () => Promise<void>): Promise<void> {
  const bytes = new Uint8Array(65_536);
  try {
    for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
      await before();
      for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
    }
  } catch {
    // one end is closed
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // it is closed
  }
}
