import { after, type Clock } from "../../../util/clock.ts";
import { acceptValue, type HttpHead, readHead, writeHead } from "../../web_socket/head.ts";

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
    return parseRequest(await readHead(conn));
  } catch {
    return undefined;
  } finally {
    timer.cancel();
  }
}

function parseRequest({ startLine, headers, rest }: HttpHead): UpgradeRequest | undefined {
  const match = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(startLine);
  return match ? { method: match[1], url: new URL(match[2], "http://emulator"), headers, rest } : undefined;
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
  await writeHead(conn, [
    "HTTP/1.1 101 Switching Protocols",
    "connection: Upgrade",
    "upgrade: websocket",
    `sec-websocket-accept: ${acceptValue(request.headers.get("sec-websocket-key") ?? "")}`,
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
    `date: ${new Date().toUTCString()}`,
    "connection: close",
  ], body);
}
