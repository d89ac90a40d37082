import { closeConnection } from "../web_socket/head.ts";
import {
  closePayload,
  MessageReader,
  messageText,
  OPCODE,
  readClose,
  WebSocketProtocolError,
} from "../web_socket/frames.ts";
import { FrameWriter } from "../web_socket/frame_writer.ts";
import { upgrade } from "./web_socket_upgrade.ts";

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the peer's close frame; 1005 when it had none, 1006 when there was no close frame at all. */
  code: number;
  /** The peer's words; empty when it had none. */
  reason: string;
}

export interface WebSocketHandlers {
  onText(text: string): void;
  onBinary(bytes: Uint8Array): void;
  /** Runs exactly once, whichever side ended the connection and however. */
  onClose(info: CloseInfo): void;
}

export interface WebSocketClientOptions {
  /** Headers of the upgrade request. */
  headers?: Record<string, string>;
  /** Larger messages from the server close the connection with 1009. Default 1 MiB. */
  maxMessageBytes?: number;
  /** How long the connection and the upgrade may take. Default 10 s. */
  timeoutMs?: number;
}

const DEFAULT_MAX_MESSAGE_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const READ_BUFFER_BYTES = 16 * 1024;
/** After our close frame the server has so long to answer; then the connection is cut. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * A WebSocket client over TCP or TLS.
 *
 * It exists because a simulated caller must send request headers, which `new WebSocket()` cannot in Deno 2.4,
 * and because it must misbehave as networks do: drop the line with no close frame, stop reading, send what it
 * likes.
 */
export class WebSocketClient {
  readonly #conn: Deno.Conn;
  readonly #rest: Uint8Array;
  readonly #reader: MessageReader;
  readonly #writer: FrameWriter;
  #handlers: WebSocketHandlers | undefined;
  #peerClose: CloseInfo | undefined;
  #sentClose = false;
  #isClosed = false;
  #isDeaf = false;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Connects to a `ws:` or `wss:` URL.
   *
   * @throws {WebSocketRefusedError} from `web_socket_upgrade.ts`
   */
  static async connect(url: string, options: WebSocketClientOptions = {}): Promise<WebSocketClient> {
    const { headers = {}, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const { conn, rest } = await upgrade(new URL(url), headers, timeoutMs);
    return new WebSocketClient(conn, rest, options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES);
  }

  private constructor(conn: Deno.Conn, rest: Uint8Array, maxMessageBytes: number) {
    this.#conn = conn;
    this.#rest = rest;
    this.#reader = new MessageReader("server", maxMessageBytes);
    // Once it is broken reading ends too, but not before it has given what the server sent last.
    this.#writer = new FrameWriter(conn, "client");
  }

  /** Begins to read. Until then the connection holds what the server sends, so that no message is missed. */
  listen(handlers: WebSocketHandlers): void {
    if (this.#handlers) return;
    this.#handlers = handlers;
    this.#read();
  }

  /** Bytes that the connection has not taken yet. Grows when the server reads too slowly. */
  get backlogBytes(): number {
    return this.#writer.backlogBytes;
  }

  /** Sends a text message; does nothing once the connection is closing. */
  send(text: string): void {
    if (!this.#sentClose) this.#writer.text(text);
  }

  /** Sends a binary message, which no Media Streams server is to get: for tests of how it takes one. */
  sendBinary(bytes: Uint8Array): void {
    if (!this.#sentClose) this.#writer.frame(OPCODE.binary, bytes);
  }

  /**
   * Takes nothing more off the connection, so that what the server sends piles up on its side; still sends.
   */
  stopReading(): void {
    this.#isDeaf = true;
  }

  /** Sends a close frame, once. The connection ends when the server answers, or after two seconds. */
  close(code: number = 1000, reason: string = ""): void {
    if (this.#sentClose || this.#isClosed) return;
    this.#writer.frame(OPCODE.close, closePayload(code, reason));
    this.#sentClose = true;
    this.#closeTimer = setTimeout(() => this.drop(), CLOSE_TIMEOUT_MS);
  }

  /** Cuts the connection with no close frame, as a broken network does. */
  drop(): void {
    this.#end(this.#peerClose ?? { code: 1006, reason: "" });
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER_BYTES);
    try {
      if (this.#rest.length > 0) this.#take(this.#rest);
      while (!this.#isClosed) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        if (this.#isDeaf) return;
        this.#take(buffer.subarray(0, count));
      }
    } catch (error) {
      if (error instanceof WebSocketProtocolError) {
        this.close(error.closeCode, error.message);
        await this.#writer.drained;
        this.#end({ code: error.closeCode, reason: error.message });
      }
    }
    this.drop();
  }

  #take(bytes: Uint8Array): void {
    this.#reader.push(bytes, ({ opcode, payload }) => {
      if (this.#isClosed) return;
      if (opcode === OPCODE.ping) this.#writer.frame(OPCODE.pong, payload);
      else if (opcode === OPCODE.close) this.#closed(payload);
      else if (opcode !== OPCODE.pong) this.#deliver(opcode, payload);
    });
  }

  #deliver(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.binary) return this.#handlers?.onBinary(payload.slice());
    if (opcode !== OPCODE.text) throw new WebSocketProtocolError(1002, `The server sent opcode ${opcode}.`);
    this.#handlers?.onText(messageText(payload, "server"));
  }

  /** Answers the server's close frame and ends once the answer is on its way. */
  async #closed(payload: Uint8Array): Promise<void> {
    this.#peerClose = readClose(payload);
    if (!this.#sentClose) this.#writer.frame(OPCODE.close, payload.slice(0, 2));
    this.#sentClose = true;
    await this.#writer.drained;
    this.drop();
  }

  #end(info: CloseInfo): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#closeTimer);
    this.#writer.cut();
    closeConnection(this.#conn);
    this.#handlers?.onClose(info);
  }
}
