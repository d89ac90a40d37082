import { createHash } from "node:crypto";
import { AppError, messageOf } from "../../util/errors.ts";

/** RFC 6455 section 1.3: what the server appends to the key before it hashes it. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_RESPONSE_HEAD_BYTES = 16 * 1024;

/** The server's answer to the upgrade was not 101, or no answer came. Code `websocket_refused`. */
export class WebSocketRefusedError extends AppError {
  override readonly name = "WebSocketRefusedError";
  /** @param status the HTTP status; undefined when there was no answer */
  constructor(readonly status: number | undefined, message: string, options: { cause?: unknown } = {}) {
    super("websocket_refused", message, options);
  }
}

/** A connection that speaks WebSocket from now on, and what of it was read beyond the server's answer. */
export interface UpgradedConnection {
  conn: Deno.Conn;
  rest: Uint8Array;
}

/**
 * Connects and asks for the upgrade (RFC 6455 section 4.1).
 *
 * @throws {WebSocketRefusedError}
 */
export async function upgrade(
  url: URL,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<UpgradedConnection> {
  let conn: Deno.Conn | undefined;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn?.close();
  }, timeoutMs);
  try {
    conn = await connect(url);
    if (isLate) {
      conn.close();
      throw new Error("connected too late");
    }
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    await writeAll(conn, requestHead(url, key, headers));
    const { head, rest } = await readHead(conn);
    checkResponse(head, key);
    return { conn, rest };
  } catch (error) {
    if (conn && !isLate) conn.close();
    if (error instanceof WebSocketRefusedError) throw error;
    const what = isLate ? `no answer within ${timeoutMs} ms` : messageOf(error);
    throw new WebSocketRefusedError(undefined, `No WebSocket connection to ${url.host}: ${what}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function connect(url: URL): Promise<Deno.Conn> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "wss:") return await Deno.connectTls({ hostname, port: Number(url.port || 443) });
  const conn = await Deno.connect({ hostname, port: Number(url.port || 80) });
  conn.setNoDelay(true);
  return conn;
}

function requestHead(url: URL, key: string, headers: Record<string, string>): Uint8Array {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${key}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readHead(conn: Deno.Conn): Promise<{ head: string; rest: Uint8Array }> {
  const buffer = new Uint8Array(MAX_RESPONSE_HEAD_BYTES);
  for (let length = 0; length < buffer.length;) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) throw new Error("the server closed the connection without an answer");
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: buffer.slice(end + 4, length) };
  }
  throw new Error(`the head of the server's answer is longer than ${MAX_RESPONSE_HEAD_BYTES} bytes`);
}

function checkResponse(head: string, key: string): void {
  const [statusLine, ...lines] = head.split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (status !== 101) {
    throw new WebSocketRefusedError(status, `The server refused the upgrade: ${statusLine}`);
  }
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const accept = createHash("sha1").update(key + ACCEPT_GUID).digest("base64");
  if (headers.get("sec-websocket-accept") !== accept) {
    throw new WebSocketRefusedError(
      status,
      "The server's answer to the upgrade has a wrong Sec-WebSocket-Accept.",
    );
  }
  // Nothing was offered, so nothing may be chosen (sections 4.1 and 9.1).
  for (const name of ["sec-websocket-protocol", "sec-websocket-extensions"]) {
    if (headers.has(name)) {
      throw new WebSocketRefusedError(status, `The server chose a ${name} that was not offered.`);
    }
  }
}
