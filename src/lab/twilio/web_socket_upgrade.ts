import { AppError, messageOf } from "../../util/errors.ts";
import { acceptValue, type HttpHead, readHead, writeHead } from "../web_socket/head.ts";

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
    await writeHead(conn, requestLines(url, key, headers));
    const head = await readHead(conn);
    checkResponse(head, key);
    return { conn, rest: head.rest };
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

function requestLines(url: URL, key: string, headers: Record<string, string>): string[] {
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    ...("host" in headers ? [] : [`host: ${url.host}`]),
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${key}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
}

function checkResponse({ startLine, headers }: HttpHead, key: string): void {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(startLine)?.[1]);
  if (status !== 101) {
    throw new WebSocketRefusedError(status, `The server refused the upgrade: ${startLine}`);
  }
  if (headers.get("sec-websocket-accept") !== acceptValue(key)) {
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
