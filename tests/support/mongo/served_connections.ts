/** Listens on this machine, serves each connection until its end, and closes what is left when it is disposed of. */
export abstract class ServedConnections implements AsyncDisposable {
  /** Where it listens, such as `127.0.0.1:40123`. */
  protected readonly address: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;

  constructor() {
    this.address = `127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept();
  }

  /** May reject when the connection breaks. */
  protected abstract serve(connection: Deno.Conn): Promise<void>;

  /** Breaks all connections, as a failing network does. */
  disconnect(): void {
    for (const connection of this.#connections.keys()) close(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.disconnect();
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const served = this.serve(connection).catch(() => {}) // it was broken
        .finally(() => {
          close(connection);
          this.#connections.delete(connection);
        });
      this.#connections.set(connection, served);
    }
  }
}

/** Stands between a client and a MongoDB. */
export abstract class MongoProxy extends ServedConnections {
  /** How it is reached, instead of the server itself. */
  readonly uri: string;
  readonly #upstream: { readonly hostname: string; readonly port: number };

  /** @param uri of the server */
  constructor(uri: string) {
    super();
    const url = new URL(uri);
    this.#upstream = { hostname: url.hostname, port: Number(url.port || 27_017) };
    url.host = this.address;
    this.uri = url.href;
  }

  /** Passes on what the client asks, until either end is closed. May reject then. */
  protected abstract questions(client: Deno.Conn, server: Deno.Conn): Promise<void>;

  /** Passes on what the server answers, likewise. */
  protected abstract answers(server: Deno.Conn, client: Deno.Conn): Promise<void>;

  protected async serve(client: Deno.Conn): Promise<void> {
    const server = await Deno.connect(this.#upstream);
    await Promise.allSettled([
      this.questions(client, server).finally(() => close(server)),
      this.answers(server, client).finally(() => close(client)),
    ]);
  }
}

/** What comes, piece by piece, until the other side has gone. Each is to be used before the next is asked for. */
export async function* pieces(connection: Deno.Conn): AsyncGenerator<Uint8Array> {
  const bytes = new Uint8Array(65_536);
  for (let count = await connection.read(bytes); count !== null; count = await connection.read(bytes)) {
    yield bytes.subarray(0, count);
  }
}

/** Writes all of it. */
export async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // it is closed
  }
}
