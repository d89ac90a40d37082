import { acceptValue, closeConnection, readHead, writeHead } from "../../src/lab/web_socket/head.ts";

/** In OpenAI's place: takes every WebSocket, then neither reads nor writes, nor closes. */
export class StuckModel implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.TcpConn[] = [];
  readonly #accepting = this.#accept();

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}/v1/realtime`;
  }

  /** WebSockets that were opened. */
  get count(): number {
    return this.#connections.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections) closeConnection(connection);
  }

  async #accept(): Promise<void> {
    const upgrades: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      upgrades.push(upgrade(connection));
    }
    await Promise.all(upgrades);
  }
}

async function upgrade(connection: Deno.TcpConn): Promise<void> {
  try {
    const { headers } = await readHead(connection);
    await writeHead(connection, [
      "HTTP/1.1 101 Switching Protocols",
      "upgrade: websocket",
      "connection: upgrade",
      `sec-websocket-accept: ${acceptValue(headers.get("sec-websocket-key") ?? "")}`,
    ]);
  } catch {
    // the server has given it up
  }
}
