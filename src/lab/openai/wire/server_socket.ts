import { after, type Clock, type Timer } from "../../../util/clock.ts";
import { closeConnection } from "../../web_socket/head.ts";
import {
  closePayload,
  MessageReader,
  messageText,
  OPCODE,
  readClose,
  WebSocketProtocolError,
} from "../../web_socket/frames.ts";
import { FrameWriter } from "../../web_socket/frame_writer.ts";

/**
 * The largest message taken: 15 MiB of append event (the API's limit), with room to answer a larger one
 * politely.
 */
export const MAX_MESSAGE_BYTES = 24 * 1024 * 1024;
/** A client that leaves more than this unread is cut off: two minutes of PCM in base64 are 7.7 MB. */
const CLIENT_CUT_BYTES = 32 * 1024 * 1024;
/** How often the API pings, as captured in September 2026. */
const PING_MS = 20_000;
/** Sessions ping together where their times are so close. */
const PING_SLACK_MS = 1_000;
const READ_BUFFER_BYTES = 16 * 1024;
/** After our close frame the client has so long to answer; then the connection is cut. */
const CLOSE_TIMEOUT_MS = 2000;

/** How the connection of a session ended. */
export interface SocketEnd {
  /** The close code; 1006 when the connection ended without a close frame. */
  code: number;
  /** The words of the close frame; empty when it had none. */
  reason: string;
  /** Who ended it: `client` also stands for a broken connection. */
  by: "client" | "emulator";
}

export interface ServerSocketHandlers {
  onText(text: string): void;
  onBinary(): void;
  /** Runs exactly once. */
  onEnd(end: SocketEnd): void;
}

/**
 * The server's end of a WebSocket over TCP. The runtime's own server socket can neither drop a connection
 * without a close frame nor stop reading, and both are what a broken network does.
 */
export class ServerSocket {
  readonly #conn: Deno.Conn;
  readonly #clock: Clock;
  readonly #reader = new MessageReader("client", MAX_MESSAGE_BYTES);
  readonly #writer: FrameWriter;
  #handlers: ServerSocketHandlers | undefined;
  #end: SocketEnd | undefined;
  #sentClose: SocketEnd | undefined;
  #closeTimer: Timer | undefined;
  #pingTimer: Timer | undefined;
  #isMuted = false;
  #isDeaf = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(conn: Deno.Conn, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
    this.#writer = new FrameWriter(
      conn,
      "server",
      () => this.#finish({ code: 1006, reason: "", by: "client" }),
    );
  }

  /** Resolves when the connection is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Begins to read. `rest` is what came behind the upgrade request. */
  listen(rest: Uint8Array, handlers: ServerSocketHandlers): void {
    this.#handlers = handlers;
    this.#schedulePing();
    this.#read(rest);
  }

  /** Sends a text message. @returns false when the connection is ending, gone or stalled */
  send(text: string): boolean {
    if (this.#sentClose || this.#end || this.#isMuted) return false;
    this.#writer.text(text);
    this.#checkBacklog();
    return true;
  }

  /** Sends a close frame behind what was sent before. */
  close(code: number, reason: string = ""): void {
    if (this.#sentClose || this.#end) return;
    this.#write(OPCODE.close, closePayload(code, reason));
    this.#closeSent({ code, reason, by: "emulator" });
  }

  /** Cuts the connection with no close frame, once what was sent before is written. */
  async drop(): Promise<void> {
    this.#isMuted = true;
    this.#closeTimer ??= after(this.#clock, CLOSE_TIMEOUT_MS, () => this.cut());
    await this.#writer.drained;
    this.cut();
  }

  /** Cuts the connection now. */
  cut(): void {
    this.#finish({ code: 1006, reason: "", by: "emulator" });
  }

  /** Sends a close frame, and ends without waiting for the client's. A stalled connection is cut. */
  async shutDown(code: number, reason: string): Promise<void> {
    if (this.#isMuted) return this.cut();
    this.close(code, reason);
    await Promise.race([this.#writer.drained, this.ended]);
    if (this.#sentClose) this.#finish(this.#sentClose);
  }

  /** From now on neither reads nor sends, not even pongs: a half-open connection, until it is cut. */
  stall(): void {
    this.#isMuted = true;
  }

  /** Takes nothing more off the connection; still sends. What the client sends piles up on its side. */
  stopReading(): void {
    this.#isDeaf = true;
  }

  #schedulePing(): void {
    this.#pingTimer = after(this.#clock, PING_MS, () => {
      if (!this.#sentClose && !this.#isMuted) this.#write(OPCODE.ping, new Uint8Array());
      if (!this.#end) this.#schedulePing();
    }, PING_SLACK_MS);
  }

  #write(opcode: number, payload: Uint8Array): void {
    this.#writer.frame(opcode, payload);
    this.#checkBacklog();
  }

  #checkBacklog(): void {
    if (this.#writer.backlogBytes > CLIENT_CUT_BYTES) this.cut();
  }

  async #read(rest: Uint8Array): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER_BYTES);
    let bytes: Uint8Array | undefined = rest;
    try {
      while (bytes && !this.#end && !this.#isMuted) {
        this.#take(bytes);
        if (this.#isDeaf) return;
        bytes = await this.#readSome(buffer);
      }
    } catch (error) {
      if (!(error instanceof WebSocketProtocolError)) throw error;
      this.close(error.closeCode, error.message);
      // Read on without understanding, so that the client gets our close frame and not a reset.
      while (!this.#end && await this.#readSome(buffer));
    }
    if (!this.#isMuted) this.#finish(this.#sentClose ?? { code: 1006, reason: "", by: "client" });
  }

  /** Undefined when the connection is gone. */
  async #readSome(buffer: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const count = await this.#conn.read(buffer);
      return count === null ? undefined : buffer.subarray(0, count);
    } catch {
      return undefined;
    }
  }

  #take(bytes: Uint8Array): void {
    this.#reader.push(bytes, ({ opcode, payload }) => {
      if (this.#end || this.#isMuted) return;
      if (opcode === OPCODE.ping) this.#write(OPCODE.pong, payload);
      else if (opcode === OPCODE.close) this.#closed(payload);
      else if (opcode === OPCODE.text) this.#handlers?.onText(messageText(payload, "client"));
      else if (opcode === OPCODE.binary) this.#handlers?.onBinary();
    });
  }

  /** Answers the client's close frame, and ends once the answer is written. */
  #closed(payload: Uint8Array): void {
    if (this.#sentClose) return this.#finish(this.#sentClose);
    const end = { ...readClose(payload), by: "client" } as const;
    this.#write(OPCODE.close, payload.slice(0, 2));
    this.#closeSent(end);
  }

  /** The client closes the connection when it has our frame; the timer is for one that does not. */
  #closeSent(end: SocketEnd): void {
    if (this.#end) return; // it did not take the frame
    this.#sentClose = end;
    this.#closeTimer = after(this.#clock, CLOSE_TIMEOUT_MS, () => this.#finish(end));
  }

  #finish(end: SocketEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#closeTimer?.cancel();
    this.#pingTimer?.cancel();
    this.#writer.cut();
    closeConnection(this.#conn);
    this.#handlers?.onEnd(end);
    this.#ended.resolve();
  }
}
