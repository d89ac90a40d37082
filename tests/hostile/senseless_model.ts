/** What a model says once it is asked to: events, or what is none. */
export type Senseless = readonly (string | Readonly<Record<string, unknown>>)[];

/** In OpenAI's place: takes sessions as that does, and answers the first request of each with what it is told to. */
export class SenselessModel implements AsyncDisposable {
  /** What it says next. */
  says: Senseless = [];
  /** How often it has said it. */
  said = 0;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#session(request),
  );

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/v1/realtime`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #session(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const send = (event: string | object) =>
      socket.send(typeof event === "string" ? event : JSON.stringify(event));
    let isAsked = false;
    socket.onerror = () => {};
    socket.onopen = () => send({ type: "session.created", session: {} });
    socket.onmessage = ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === "session.update") send({ type: "session.updated", session: {} });
      if (type !== "response.create" || isAsked) return;
      isAsked = true;
      for (const event of this.says) send(event);
      this.said++;
    };
    return response;
  }
}
