import { reasonOf } from "../util/errors.ts";
import { withoutUser } from "./url_user.ts";

/** What became of a WebSocket that was opened to see whether it can be. */
export type ProbeOutcome =
  /** No connection, or no answer. */
  | { readonly is: "unreached"; readonly reason: string }
  /** Another answer than the upgrade, with the beginning of its body. */
  | { readonly is: "refused"; readonly status: number; readonly text: string }
  /** It was there, and messages do not pass. */
  | { readonly is: "mute" }
  /** It was closed by the other side, so long after it was open. */
  | { readonly is: "closed"; readonly afterMs: number }
  /** It stayed open. */
  | { readonly is: "held" };

/** How a WebSocket is probed. */
export interface ProbeOptions {
  /** Sent with the request. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long it is to stay open while the server says nothing. */
  readonly holdMs: number;
}

/** How long connecting, the answer, and the message that comes back may take together. */
const ANSWER_WITHIN_MS = 10_000;
/** Most bytes of an answer's head. */
const MAX_HEAD_BYTES = 16 * 1024;
/** How often something is sent: in a call Twilio sends 50 messages a second. */
const SAY_EVERY_MS = 1_000;
const GREETING = "slimline doctor";
const TEXT_FRAME = 0x81;
const CLOSE_OPCODE = 8;

const encoder = new TextEncoder();

/**
 * Opens a WebSocket and holds it, as a media stream does: the client goes on to send, the server says nothing
 * but the first message back. By hand and not by the runtime's client, which says nothing of the status that
 * a proxy answers with. Never rejects.
 */
export async function probeUpgrade(url: URL, { headers, holdMs }: ProbeOptions): Promise<ProbeOutcome> {
  let connection: Deno.Conn | undefined;
  const isLate = { value: false };
  const timer = setTimeout(() => {
    isLate.value = true;
    closeQuietly(connection);
  }, ANSWER_WITHIN_MS);
  try {
    const isTls = url.protocol === "wss:" || url.protocol === "https:";
    const target = {
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || (isTls ? 443 : 80)),
    };
    connection = isTls ? await Deno.connectTls(target) : await Deno.connect(target);
    if (isLate.value) throw new Error(LATE);
    await writeAll(connection, encoder.encode(requestHead(url, headers)));
    const reader = new FrameReader(connection);
    const { status, text } = await reader.head();
    if (status !== 101) return { is: "refused", status, text };
    await writeAll(connection, textFrame(GREETING));
    const opcode = await reader.frame().catch(() => undefined); // closed in place of an answer
    if (opcode === undefined || opcode === CLOSE_OPCODE) return { is: "mute" };
    clearTimeout(timer);
    return await hold(connection, reader, holdMs);
  } catch (error) {
    return { is: "unreached", reason: isLate.value ? LATE : reasonOf(error) };
  } finally {
    clearTimeout(timer);
    closeQuietly(connection);
  }
}

const LATE = `no answer within ${ANSWER_WITHIN_MS / 1_000} s`;

/** Sends now and then, and waits for the end of the connection, or of the time. */
async function hold(connection: Deno.Conn, reader: FrameReader, holdMs: number): Promise<ProbeOutcome> {
  const openedMs = performance.now();
  const saying = setInterval(() => {
    writeAll(connection, textFrame("on")).catch(() => {}); // the reader sees that it is closed
  }, SAY_EVERY_MS);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const held = new Promise<ProbeOutcome>((resolve) =>
    timer = setTimeout(() => resolve({ is: "held" }), holdMs)
  );
  const closed = (async (): Promise<ProbeOutcome> => {
    try {
      while (await reader.frame() !== CLOSE_OPCODE);
    } catch {
      // the connection is gone
    }
    return { is: "closed", afterMs: performance.now() - openedMs };
  })();
  try {
    return await Promise.race([held, closed]);
  } finally {
    clearInterval(saying);
    clearTimeout(timer);
    closeQuietly(connection);
    await closed;
  }
}

function requestHead(url: URL, headers: Readonly<Record<string, string>>): string {
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const lines = {
    host: url.host,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": key,
    "sec-websocket-version": "13",
    ...withoutUser(url).headers,
    ...headers,
  };
  const fields = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${fields}\r\n`;
}

/** A message of a client, which is masked (RFC 6455, section 5.3). @param text of at most 125 bytes */
function textFrame(text: string): Uint8Array {
  const payload = encoder.encode(text);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  return new Uint8Array([
    TEXT_FRAME,
    0x80 | payload.length,
    ...mask,
    ...payload.map((byte, index) => byte ^ mask[index % 4]),
  ]);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function closeQuietly(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // it is closed
  }
}

/** Reads the answer's head, and then frames, from one connection. */
class FrameReader {
  readonly #connection: Deno.Conn;
  #bytes = new Uint8Array();

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** @throws when the connection ends, or the head is too long */
  async head(): Promise<{ status: number; text: string }> {
    for (;;) {
      const text = new TextDecoder().decode(this.#bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]);
        if (Number.isNaN(status)) throw new Error("The answer is not HTTP/1.1.");
        const body = text.slice(end + 4);
        this.#bytes = this.#bytes.slice(encoder.encode(text.slice(0, end + 4)).length);
        return { status, text: body };
      }
      if (this.#bytes.length > MAX_HEAD_BYTES) throw new Error("The head of the answer is too long.");
      await this.#more();
    }
  }

  /** The opcode of the next frame, whose payload is dropped. @throws when the connection ends */
  async frame(): Promise<number> {
    const [first, second] = await this.#take(2);
    const short = second & 0x7f;
    const extended = await this.#take(short === 126 ? 2 : short === 127 ? 8 : 0);
    const length = extended.length === 0 ? short : extended.reduce((sum, byte) => sum * 256 + byte, 0);
    if (length > MAX_HEAD_BYTES) throw new Error("The message is too long.");
    await this.#take(length);
    return first & 0x0f;
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length < count) await this.#more();
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  async #more(): Promise<void> {
    const buffer = new Uint8Array(4_096);
    const count = await this.#connection.read(buffer);
    if (count === null) throw new Error("The connection was closed.");
    const joined = new Uint8Array(this.#bytes.length + count);
    joined.set(this.#bytes);
    joined.set(buffer.subarray(0, count), this.#bytes.length);
    this.#bytes = joined;
  }
}
