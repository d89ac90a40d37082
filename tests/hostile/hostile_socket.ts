import { closeConnection } from "../../src/lab/web_socket/head.ts";

const encoder = new TextEncoder();

/** An attacker's connection sends no more than this: the attack is on the server, not on the machine. */
const MAX_SENT_BYTES = 3 * 2 ** 20;

/** A TCP connection that says what it likes when it likes, and knows when the other side has had enough of it. */
export class HostileSocket {
  /** The status line, once the server has answered; empty when it has not. */
  answer = "";
  /** Resolves when the server has closed it, or {@link close} has. */
  readonly over: Promise<void>;
  isOver = false;
  readonly #conn: Deno.TcpConn;
  readonly #over = Promise.withResolvers<void>();
  #sentBytes = 0;

  private constructor(conn: Deno.TcpConn, reads: boolean) {
    this.#conn = conn;
    this.over = this.#over.promise;
    if (reads) void this.read();
  }

  /** Undefined when nobody takes the connection. @param reads false: leaves what the server says where it is */
  static async open(port: number, reads = true): Promise<HostileSocket | undefined> {
    try {
      return new HostileSocket(await Deno.connect({ hostname: "127.0.0.1", port }), reads);
    } catch {
      return undefined;
    }
  }

  /** Sends bytes as they are; resolves to whether they went out. A peer that does not read makes it wait. */
  async send(bytes: Uint8Array | string): Promise<boolean> {
    const whole = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    if (this.isOver || this.#sentBytes + whole.length > MAX_SENT_BYTES) return false;
    this.#sentBytes += whole.length;
    try {
      for (let at = 0; at < whole.length;) at += await this.#conn.write(whole.subarray(at));
      return true;
    } catch {
      this.#end();
      return false;
    }
  }

  /** Sends no more, and still reads. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite().catch(() => {});
  }

  /** Reads until the end. */
  async read(): Promise<void> {
    const buffer = new Uint8Array(16_384);
    try {
      for (let count = await this.#conn.read(buffer); count !== null; count = await this.#conn.read(buffer)) {
        this.answer ||= new TextDecoder().decode(buffer.subarray(0, count)).split("\r\n")[0];
      }
    } catch {
      // reset
    }
    this.#end();
  }

  /** Goes away without a word. */
  close(): void {
    this.#end();
  }

  #end(): void {
    if (this.isOver) return;
    this.isOver = true;
    closeConnection(this.#conn);
    this.#over.resolve();
  }
}
