/** A request that a business's endpoint got. */
export interface ReceivedRequest {
  headers: Headers;
  body: string;
}

/** An endpoint of a business on loopback, which answers as it is told and keeps what it gets. */
export class WebhookEndpoint implements AsyncDisposable {
  readonly received: ReceivedRequest[] = [];
  status = 204;
  /** Answers nobody until the end of the test. */
  hangs = false;
  /** How long it takes for each answer. */
  delayMs = 0;
  readonly #ended = Promise.withResolvers<void>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      this.received.push({ headers: request.headers, body: await request.text() });
      if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      if (this.hangs) await this.#ended.promise;
      return new Response(null, { status: this.status, headers: { location: "/elsewhere" } });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/calls`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.resolve();
    await this.#server.shutdown();
  }
}
