const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** What an endpoint sends that never comes to the end of its answer: first the one, then the other as often as it can. */
export const ENDLESS_ANSWERS: Readonly<Record<string, readonly [first: string, again: string]>> = {
  continues: ["", "HTTP/1.1 100 Continue\r\n\r\n".repeat(2_000)],
  early_hints: ["", `HTTP/1.1 103 Early Hints\r\n${"link: <a>; rel=x\r\n".repeat(50)}\r\n`.repeat(50)],
  empty_lines: ["", "\r\n".repeat(20_000)],
  headers: [HEAD, "x: y\r\n".repeat(5_000)],
  a_long_header: [`${HEAD}x: `, "y".repeat(65_536)],
  a_chunk_extension: [`${CHUNKED}1;`, "a".repeat(65_536)],
  crumbs: [CHUNKED, "1\r\na\r\n".repeat(5_000)],
  trailers: [`${CHUNKED}2\r\n{}\r\n0\r\n`, "x: y\r\n".repeat(5_000)],
};

/** How long it goes on at most where nobody breaks it off. */
const POUR_MS = 30_000;

/** A business's endpoint that answers `/NAME` as {@link ENDLESS_ANSWERS} say, as fast as it is read. */
export class EndlessEndpoint implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #answers = new Set<Promise<void>>();
  readonly #accepting = this.#accept();
  #isOver = false;

  get port(): number {
    return this.#listener.addr.port;
  }

  /** As `PRIVATE_HOSTS` has it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#answers);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      const answer = this.#pour(conn).catch(() => {}).finally(() => this.#answers.delete(answer)); // broken off
      this.#answers.add(answer);
    }
  }

  async #pour(conn: Deno.TcpConn): Promise<void> {
    using _closed = conn;
    const buffer = new Uint8Array(16_384);
    const request = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    const [first, again] = ENDLESS_ANSWERS[/^\w+ \/(\w+)/.exec(request)?.[1] ?? ""];
    await writeAll(conn, first);
    const untilMs = performance.now() + POUR_MS;
    while (!this.#isOver && performance.now() < untilMs) await writeAll(conn, again);
  }
}

async function writeAll(conn: Deno.TcpConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
