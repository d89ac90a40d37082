import { Player } from "../../src/lab/twilio/player.ts";
import { type CloseInfo, WebSocketClient } from "../../src/lab/twilio/web_socket_client.ts";

const FRAME_BYTES = 160;
const FRAME_MS = 20;
const SILENCE = new Uint8Array(FRAME_BYTES).fill(0xff);

/** What a page is told, in one: each event has the fields that are its own. */
type LineMessage = { event: string; callSid: string; mark: string; by: string; problems: string[] };

/** What a telephone's page does on its line, without a browser: speaks in frames, and answers marks once they are played. */
export class PageLine {
  /** The name of the call. */
  readonly placed: Promise<string>;
  readonly over: Promise<{ by: string; problems: string[] }>;
  readonly closed: Promise<CloseInfo>;
  readonly #socket: WebSocketClient;
  readonly #player = new Player();
  readonly #placed = Promise.withResolvers<string>();
  readonly #over = Promise.withResolvers<{ by: string; problems: string[] }>();
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #words: Uint8Array[] = [];
  readonly #beganMs = performance.now();
  #frames = 0;

  static async open(server: string, headers: Record<string, string>): Promise<PageLine> {
    const url = `${server.replace("http", "ws")}/dashboard/telephone/line`;
    return new PageLine(await WebSocketClient.connect(url, { headers }));
  }

  private constructor(socket: WebSocketClient) {
    this.#socket = socket;
    this.placed = this.#placed.promise;
    this.over = this.#over.promise;
    this.closed = this.#closed.promise;
    this.#timer = setInterval(() => this.#tick(), FRAME_MS / 2);
    socket.listen({
      onText: (text) => this.#take(JSON.parse(text)),
      onBinary: (bytes) => this.#player.media(performance.now(), bytes),
      onClose: (info) => {
        clearInterval(this.#timer);
        this.#closed.resolve(info);
      },
    });
  }

  /** @param delayMs of the line, each way */
  call(business: string, delayMs = 0): void {
    this.#tell({ event: "call", business, from: "client:browser", delayMs });
  }

  /** Says mu-law, then is silent. */
  say(audio: Uint8Array): void {
    for (let at = 0; at + FRAME_BYTES <= audio.length; at += FRAME_BYTES) {
      this.#words.push(audio.subarray(at, at + FRAME_BYTES));
    }
  }

  press(key: string): void {
    this.#tell({ event: "key", key });
  }

  hangUp(): void {
    this.#tell({ event: "hang_up" });
  }

  send(message: string | Uint8Array): void {
    if (typeof message === "string") this.#socket.send(message);
    else this.#socket.sendBinary(message);
  }

  get heardBytes(): number {
    return this.#player.receivedBytes;
  }

  get playedMs(): number {
    return this.#player.playedBytes(performance.now()) / 8;
  }

  #tell(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  #tick(): void {
    const nowMs = performance.now();
    for (; this.#beganMs + this.#frames * FRAME_MS <= nowMs; this.#frames++) {
      this.#socket.sendBinary(this.#words.shift() ?? SILENCE);
    }
    for (const mark of this.#player.takePlayedMarks(nowMs)) this.#tell({ event: "played", mark });
  }

  #take(message: LineMessage): void {
    if (message.event === "placed") this.#placed.resolve(message.callSid);
    if (message.event === "mark") this.#player.mark(performance.now(), message.mark);
    if (message.event === "over") this.#over.resolve(message);
    if (message.event !== "clear") return;
    for (const mark of this.#player.clear(performance.now())) this.#tell({ event: "played", mark });
  }
}
