import { createHash } from "node:crypto";

/** RFC 6455 section 1.3: what the server appends to the key before it hashes it. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longest head of a request or an answer. */
const MAX_HEAD_BYTES = 16 * 1024;

/** The head of an HTTP request or answer. */
export interface HttpHead {
  /** The request line or the status line. */
  startLine: string;
  headers: Headers;
  /** What was read beyond the head. */
  rest: Uint8Array;
}

/** The `Sec-WebSocket-Accept` that fits a `Sec-WebSocket-Key`. */
export function acceptValue(key: string): string {
  return createHash("sha1").update(key + ACCEPT_GUID).digest("base64");
}

/**
 * Reads what an HTTP connection begins with.
 *
 * @throws {Error} when the connection ends before the head does, or the head is too long or no HTTP
 */
export async function readHead(conn: Deno.Conn): Promise<HttpHead> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  for (let length = 0; length < buffer.length;) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) throw new Error("the connection was closed before the head of HTTP had come");
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { ...parseHead(text.slice(0, end)), rest: buffer.slice(end + 4, length) };
  }
  throw new Error(`the head is longer than ${MAX_HEAD_BYTES} bytes`);
}

/** Writes a head, one line an entry, and what belongs behind it. */
export async function writeHead(conn: Deno.Conn, lines: string[], body: string = ""): Promise<void> {
  const bytes = new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n" + body);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function parseHead(head: string): Omit<HttpHead, "rest"> {
  const [startLine, ...lines] = head.split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { startLine, headers };
}

/** Closes a connection; does nothing when it is closed already. */
export function closeConnection(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
