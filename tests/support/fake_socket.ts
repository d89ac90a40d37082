const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/**
 * A WebSocket without a network. It records what is sent, and the test plays the other side. Like the real one it throws
 * when something is sent before it is open, and sends nothing once it is closed.
 */
export class FakeSocket {
  readyState: number;
  bufferedAmount = 0;

  /** Text sent by the code under test. */
  readonly sent: string[] = [];
  /** Each call of `close`, as its code and reason. */
  readonly closes: [code: number | undefined, reason: string | undefined][] = [];

  /** By the type of the event. */
  readonly #listeners = new Map<string, (event: Event) => void>();

  constructor(state: "connecting" | "open" = "open") {
    this.readyState = state === "open" ? OPEN : CONNECTING;
  }

  /** What was sent, parsed. */
  get sentEvents(): unknown[] {
    return this.sent.map((text) => JSON.parse(text));
  }

  /** Listeners that still lead into the code under test. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** @throws when there is one of that type already: the code under test has one of each */
  addEventListener(type: string, listener: unknown): void {
    if (typeof listener !== "function" || this.#listeners.has(type)) {
      throw new TypeError(`Another "${type}".`);
    }
    this.#listeners.set(type, (event) => listener(event));
  }

  removeEventListener(type: string): void {
    this.#listeners.delete(type);
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState === CONNECTING) throw new DOMException("not open", "InvalidStateError");
    if (typeof data !== "string") throw new TypeError("Only text is sent here.");
    if (this.readyState === OPEN) this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    this.closes.push([code, reason]);
    this.readyState = CLOSED;
  }

  /** The connection is made. */
  open(): void {
    this.readyState = OPEN;
    this.#tell(new Event("open"));
  }

  /** The other side sends a message: text as it is, anything else as JSON unless it is binary. */
  deliver(message: unknown): void {
    const isRaw = typeof message === "string" || message instanceof ArrayBuffer;
    const data = isRaw ? message : JSON.stringify(message);
    this.#tell(new MessageEvent("message", { data }));
  }

  /** The connection fails, or never comes about: an error event, then a close event. */
  fail(message: string): void {
    this.#tell(new ErrorEvent("error", { message }));
    this.closeByPeer(1006);
  }

  /** The other side closes. */
  closeByPeer(code = 1000, reason = ""): void {
    this.readyState = CLOSED;
    this.#tell(new CloseEvent("close", { code, reason }));
  }

  #tell(event: Event): void {
    this.#listeners.get(event.type)?.(event);
  }
}
