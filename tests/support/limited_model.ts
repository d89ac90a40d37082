import { encodeBase64 } from "../../src/audio/base64.ts";

/** A model server that takes so many connections a second, and refuses what is beyond. */
export interface LimitedModelOptions {
  perSecond: number;
  /** Statuses of refusals, in turn. */
  statuses: readonly number[];
}

/** What a greeting is, of half a second. */
const AUDIO = encodeBase64(new Uint8Array(4_000).fill(0x90));

/** Speaks no more of the Realtime API than a call needs to begin: sockets of the runtime's, and an own reading of it. */
export class LimitedModel implements AsyncDisposable {
  /** When connections were asked for, and when taken, in milliseconds. */
  readonly asked: number[] = [];
  readonly taken: number[] = [];
  /** Callers whose answer is never completed: somebody waits for its rest. */
  isOwed: (caller: string) => boolean = () => false;
  /** By caller, as the client names it, and when it came back. */
  readonly back = new Map<string, number>();
  limit = Infinity;
  readonly #options: LimitedModelOptions;
  readonly #sockets = new Set<WebSocket>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #responses = 0;

  constructor(options: LimitedModelOptions) {
    this.#options = options;
    const onListen = () => {};
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/v1/realtime`;
  }

  /** Loses all sessions at once, and from now on takes only so many a second. */
  loseAll(): void {
    this.limit = this.#options.perSecond;
    this.asked.length = this.taken.length = 0;
    this.back.clear();
    for (const socket of [...this.#sockets]) socket.close(1011, "restarting");
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const now = performance.now();
    this.asked.push(now);
    if (this.taken.filter((atMs) => atMs > now - 1_000).length >= this.limit) {
      const { statuses } = this.#options;
      const headers = { "retry-after": "1" };
      return new Response("", { status: statuses[this.asked.length % statuses.length], headers });
    }
    this.taken.push(now);
    const caller = request.headers.get("openai-safety-identifier") ?? "";
    this.back.set(caller, now);
    const { socket, response } = Deno.upgradeWebSocket(request);
    this.#sockets.add(socket);
    socket.onclose = () => this.#sockets.delete(socket);
    socket.onmessage = ({ data }) => this.#receive(socket, JSON.parse(data), caller);
    return response;
  }

  #receive(
    socket: WebSocket,
    event: { type: string; response?: { metadata: unknown } },
    caller: string,
  ): void {
    const send = (message: object) => socket.send(JSON.stringify({ event_id: "e", ...message }));
    if (event.type === "session.update") {
      return send({ type: "session.updated", session: { type: "realtime" } });
    }
    if (event.type !== "response.create") return;
    const id = `resp_${++this.#responses}`;
    const place = { response_id: id, item_id: `item_${id}`, output_index: 0, content_index: 0 };
    const metadata = event.response?.metadata;
    send({ type: "response.created", response: { id, metadata } });
    send({ type: "response.output_audio.delta", ...place, delta: AUDIO });
    if (this.isOwed(caller)) return;
    send({ type: "response.output_audio.done", ...place });
    send({ type: "response.done", response: { id, status: "completed", metadata } });
  }
}
