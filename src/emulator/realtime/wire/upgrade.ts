import { createHash } from "node:crypto";
import { after, type Clock } from "../../../util/clock.ts";

/** RFC 6455 section 1.3: what the server appends to the key before it hashes it. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_TIMEOUT_MS = 10_000;

/** The head of an upgrade request. */
export interface UpgradeRequest {
  method: string;
  /** Path and query, as an absolute URL on a host that does not matter. */
  url: URL;
  headers: Headers;
  /** What was read beyond the head. */
  rest: Uint8Array;
}

/**
 * Reads the head of the one request that a connection is for.
 *
 * @returns undefined when there is none: closed, too long, too late, or not HTTP
 */
export async function readUpgradeRequest(conn: Deno.Conn, clock: Clock): Promise<UpgradeRequest | undefined> {
  const timer = after(clock, HEAD_TIMEOUT_MS, () => conn.close());
  try {
    const buffer = new Uint8Array(MAX_HEAD_BYTES);
    for (let length = 0; length < buffer.length;) {
      const count = await conn.read(buffer.subarray(length));
      if (count === null) return undefined;
      length += count;
      const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) return parseHead(text.slice(0, end), buffer.slice(end + 4, length));
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    timer.cancel();
  }
}

function parseHead(head: string, rest: Uint8Array): UpgradeRequest | undefined {
  const [requestLine, ...lines] = head.split("\r\n");
  const match = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(requestLine);
  if (!match) return undefined;
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { method: match[1], url: new URL(match[2], "http://emulator"), headers, rest };
}

/** The sub-protocols that the client offers, in its order. */
export function offeredProtocols(headers: Headers): string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
}

/** True when the request asks for a WebSocket (RFC 6455 section 4.2.1). */
export function isWebSocketRequest({ method, headers }: UpgradeRequest): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket" &&
    headers.has("sec-websocket-key");
}

/** Answers 101. `protocol` must be one that the client offered. */
export async function acceptUpgrade(
  conn: Deno.Conn,
  request: UpgradeRequest,
  protocol: string | undefined,
): Promise<void> {
  const key = request.headers.get("sec-websocket-key") ?? "";
  const accept = createHash("sha1").update(key + ACCEPT_GUID).digest("base64");
  await writeHead(conn, [
    "HTTP/1.1 101 Switching Protocols",
    "connection: Upgrade",
    "upgrade: websocket",
    `sec-websocket-accept: ${accept}`,
    ...protocol ? [`sec-websocket-protocol: ${protocol}`] : [],
  ]);
}

/** Answers with an error as the API's HTTP side words it. The caller closes the connection. */
export async function refuseUpgrade(
  conn: Deno.Conn,
  status: number,
  error: { code: string; message: string },
): Promise<void> {
  const body = JSON.stringify({ error: { type: "invalid_request_error", param: null, ...error } });
  const length = new TextEncoder().encode(body).length;
  await writeHead(conn, [
    `HTTP/1.1 ${status} Refused`,
    "content-type: application/json",
    `content-length: ${length}`,
    "connection: close",
  ], body);
}

async function writeHead(conn: Deno.Conn, lines: string[], body: string = ""): Promise<void> {
  const bytes = new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n" + body);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
